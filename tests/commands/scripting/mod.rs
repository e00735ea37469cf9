//! Scripts and functions, of which there are none.

mod function;
