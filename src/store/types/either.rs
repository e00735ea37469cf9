//! `Either`: one of two iterators over the same items.

/// One of two iterators over the same items.
#[derive(Clone)]
pub(super) enum Either<L, R> {
    Left(L),
    Right(R),
}

impl<T, L: Iterator<Item = T>, R: Iterator<Item = T>> Iterator for Either<L, R> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Either::Left(items) => items.next(),
            Either::Right(items) => items.next(),
        }
    }

    /// Decides once, not for each item.
    fn fold<B, F: FnMut(B, T) -> B>(self, first: B, next: F) -> B {
        match self {
            Either::Left(items) => items.fold(first, next),
            Either::Right(items) => items.fold(first, next),
        }
    }
}
