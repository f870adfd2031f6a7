//! The banking domain: pure deciders, money, postings, upcasters, read models, processes, simulator.
