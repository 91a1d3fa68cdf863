//! Shapes that the fact sheet describes, built by hand.
