//! Command execution, subscriptions, projections, rebuilds, processes and timers over any store.
