//! Ceilings that one node keeps in memory: by address, person, machine and tenant. What guards a customer's phone is
//! counted in the database, over all nodes (`requests.rs`).

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::config::Limits;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// All ceilings.
pub struct Limiter {
    addresses: Keyed<IpAddr>,
    guesses: Keyed<IpAddr>,
    people: Keyed<String>,
    machines: Keyed<String>,
    tenants: Keyed<String>,
}

/// Too much within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Limiter {
    /// With the configured numbers; zero means one.
    pub fn new(limits: &Limits) -> Self {
        fn keyed<K: std::hash::Hash + Eq + Clone>(per_minute: u32) -> Keyed<K> {
            RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN)))
        }
        Self {
            addresses: keyed(limits.anonymous_per_address_per_minute),
            guesses: keyed(limits.codes_per_address_per_minute),
            people: keyed(limits.verifications_per_person_per_minute),
            machines: keyed(limits.verifications_per_machine_per_minute),
            tenants: keyed(limits.verifications_per_tenant_per_minute),
        }
    }

    /// A request without a session or token.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn address(&self, address: IpAddr) -> Result<(), TooMany> {
        self.addresses.check_key(&network(address)).map_err(|_| TooMany)
    }

    /// A link or code that a phone brings.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn guess(&self, address: IpAddr) -> Result<(), TooMany> {
        self.guesses.check_key(&network(address)).map_err(|_| TooMany)
    }

    /// A verification that somebody starts for a tenant.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn start(&self, tenant: &str, person: Option<&str>, machine: Option<&str>) -> Result<(), TooMany> {
        if let Some(person) = person {
            self.people.check_key(&person.to_owned()).map_err(|_| TooMany)?;
        }
        if let Some(machine) = machine {
            self.machines.check_key(&machine.to_owned()).map_err(|_| TooMany)?;
        }
        self.tenants.check_key(&tenant.to_owned()).map_err(|_| TooMany)
    }

    /// Forgets who has been quiet, so that memory does not grow with the number of addresses ever seen.
    pub fn tidy(&self) {
        self.addresses.retain_recent();
        self.guesses.retain_recent();
        self.people.retain_recent();
        self.machines.retain_recent();
        self.tenants.retain_recent();
    }
}

/// Who holds a /64 holds all of it.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_ceiling() {
        let limits = Limits {
            anonymous_per_address_per_minute: 2,
            verifications_per_person_per_minute: 1,
            verifications_per_tenant_per_minute: 2,
            ..Limits::default()
        };
        let limiter = Limiter::new(&limits);
        let (a, b): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert_eq!([limiter.address(a), limiter.address(a), limiter.address(a)], [Ok(()), Ok(()), Err(TooMany)]);
        assert_eq!(limiter.address(b), Ok(()));
        // One network, many addresses.
        let six = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|t| limiter.address(t.parse().unwrap()));
        assert_eq!(six, [Ok(()), Ok(()), Err(TooMany)]);
        assert_eq!(limiter.start("t", Some("p"), None), Ok(()));
        assert_eq!(limiter.start("t", Some("p"), None), Err(TooMany));
        assert_eq!(limiter.start("t", Some("q"), None), Ok(()));
        assert_eq!(limiter.start("t", Some("r"), None), Err(TooMany), "the tenant's own");
    }
}
