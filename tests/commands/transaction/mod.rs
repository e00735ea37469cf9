//! Transactions: MULTI, EXEC, WATCH.

mod multi;
