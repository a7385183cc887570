use super::*;

#[test]
fn the_signature_is_the_standards() {
    // The example of the Standard Webhooks libraries.
    let signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        "{\"test\": 2432232314}",
    );
    assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    assert_eq!(signature("MfKQ", "m", 1, ""), None);
}

#[test]
fn only_public_addresses_are_receivers() {
    for good in ["https://soc.example.com/hook?t=1", "https://93.184.215.14:8443/", "https://[2606:2800:21f::1]/x"] {
        assert!(Reach::Public.read(good).is_ok(), "{good}");
    }
    for (bad, why) in [
        ("http://soc.example.com/", AddressError::Https),
        ("ftp://soc.example.com/", AddressError::Https),
        ("soc.example.com", AddressError::Https),
        ("", AddressError::Https),
        ("https://user@soc.example.com/", AddressError::Extra),
        ("https://soc.example.com/#x", AddressError::Extra),
        ("https://localhost/", AddressError::Private),
        ("https://db/", AddressError::Private),
        ("https://metadata.google.internal/", AddressError::Private),
        ("https://x.localhost/", AddressError::Private),
        ("https://printer.local./", AddressError::Private),
        ("https://127.0.0.1/", AddressError::Private),
        ("https://2130706433/", AddressError::Private),
        ("https://0x7f.1/", AddressError::Private),
        ("https://10.0.0.1/", AddressError::Private),
        ("https://172.16.0.1/", AddressError::Private),
        ("https://192.168.1.1/", AddressError::Private),
        ("https://169.254.169.254/latest", AddressError::Private),
        ("https://100.64.0.1/", AddressError::Private),
        ("https://0.0.0.0/", AddressError::Private),
        ("https://224.0.0.1/", AddressError::Private),
        ("https://[::1]/", AddressError::Private),
        ("https://[::]/", AddressError::Private),
        ("https://[fe80::1]/", AddressError::Private),
        ("https://[fd00::1]/", AddressError::Private),
        ("https://[::ffff:10.0.0.1]/", AddressError::Private),
        ("https://[64:ff9b::7f00:1]/", AddressError::Private),
        ("https://[2002:7f00:1::]/", AddressError::Private),
        ("https://[2001:db8::1]/", AddressError::Private),
    ] {
        assert_eq!(Reach::Public.read(bad), Err(why), "{bad}");
    }
    assert!(Reach::Public.read(&format!("https://a.example/{}", "x".repeat(2000))).is_err());
}

#[test]
fn in_development_this_machine_is_one_too() {
    for good in ["http://127.0.0.1:9/", "http://localhost:9/x", "https://[::1]/", "https://soc.example.com/"] {
        assert!(Reach::Loopback.read(good).is_ok(), "{good}");
    }
    for bad in
        ["http://soc.example.com/", "http://10.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/", "https://db/"]
    {
        assert!(Reach::Loopback.read(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
    let resolve = |reach: Reach| async move { Resolver(reach).resolve("localhost".parse().unwrap()).await.is_ok() };
    assert!(!resolve(Reach::Public).await);
    assert!(resolve(Reach::Loopback).await);
}
