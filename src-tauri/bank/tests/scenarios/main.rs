//! Tests that were made of what-ifs: each file is as the window or `ledgerscope what-if --test` has written it. A new one is put
//! beside the others and named here.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod a_higher_limit_lets_a_car_be_paid;
mod a_higher_limit_lets_the_transfer_through;
mod a_transfer_of_nobody;
mod a_transfer_over_the_limit_is_refused;
mod given;
