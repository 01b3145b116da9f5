//! The promises of the whole product, a file per kind of promise. Everything here runs on loopback, without sleeps.

mod architecture;
mod bad_inputs;
mod books;
mod command_line;
mod conversations;
mod fail_points;
mod faults;
mod kill;
mod kill_loop;
mod metrics;
mod money_path;
mod old_books;
mod orphans;
mod panels;
mod pictures;
mod playground;
mod sessions;
mod simulate;
mod supplier_calls;
mod supplier_words;
mod support;
mod tickets;
