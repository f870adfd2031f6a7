//! Contract suite, Given-When-Then, manual clock, fault points and generators for tests.
