//! Open streams on which nothing happens.
