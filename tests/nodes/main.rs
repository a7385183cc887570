//! Several server processes on one PostgreSQL behind a plain TCP balancer, killed and restarted in the middle of calls.
//! The tests start their own cluster, whose commits wait for the disk.

mod cluster;
mod kill;
mod outage;
mod races;
mod rolling;
