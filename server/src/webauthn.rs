//! Registration and operator login ceremonies, by webauthn-rs, narrowed to what this service takes: ES256, user
//! verification, and a credential that the authenticator can find by itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_protocol::jwk::P256Jwk;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    COSEAlgorithm, COSEKeyType, Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::http::problem::Problem;

/// The relying party.
pub struct RelyingParty(Webauthn);

/// What is kept of a customer's passkey.
#[derive(Clone, Debug)]
pub struct PhonePasskey {
    /// b64u.
    pub credential_id: String,
    /// ES256 public key.
    pub key: P256Jwk,
    /// Signature counter at registration.
    pub counter: i64,
}

/// An operator recognised by a login.
pub struct LoggedIn {
    /// b64u.
    pub credential_id: String,
    /// The passkey as it must be stored from now on, if it changed.
    pub updated: Option<String>,
}

const EC2_ES256: i64 = -7;

impl RelyingParty {
    /// For an origin; the rp id is its host.
    ///
    /// # Errors
    /// webauthn-rs' reason.
    pub fn new(rp_id: &str, origin: &Url) -> Result<Self, WebauthnError> {
        Ok(Self(WebauthnBuilder::new(rp_id, origin)?.rp_name("Honnin").build()?))
    }

    /// Begins a registration: options for the browser, state for the database.
    ///
    /// # Errors
    /// [`Problem::Internal`] only.
    pub fn start_registration(&self, user: Uuid, name: &str) -> Result<(Value, String), Problem> {
        let (challenge, state) = self.0.start_passkey_registration(user, name, name, None).map_err(internal)?;
        let mut options = serde_json::to_value(&challenge.public_key).map_err(|e| Problem::Internal(e.to_string()))?;
        options["pubKeyCredParams"] = json!([{"type": "public-key", "alg": EC2_ES256}]);
        let selection = &mut options["authenticatorSelection"];
        selection["residentKey"] = json!("required");
        selection["requireResidentKey"] = json!(true);
        selection["userVerification"] = json!("required");
        Ok((options, encode(&state)?))
    }

    /// Ends a customer's registration.
    ///
    /// # Errors
    /// `user-verification-required`, `assertion-invalid` or `malformed`.
    pub fn finish_phone(&self, response: Value, state: &str) -> Result<PhonePasskey, Problem> {
        let passkey = self.finish(response, state)?;
        let COSEKeyType::EC_EC2(point) = &passkey.get_public_key().key else { return Err(Problem::AssertionInvalid) };
        let x: [u8; 32] = point.x.as_slice().try_into().map_err(|_| Problem::AssertionInvalid)?;
        let y: [u8; 32] = point.y.as_slice().try_into().map_err(|_| Problem::AssertionInvalid)?;
        let key = P256Jwk::from_coordinates(&x, &y).map_err(|_| Problem::AssertionInvalid)?;
        let credential_id = URL_SAFE_NO_PAD.encode(passkey.cred_id());
        let counter = i64::from(Credential::from(passkey).counter);
        Ok(PhonePasskey { credential_id, key, counter })
    }

    /// Ends an operator's registration: credential id (b64u) and the passkey to store.
    ///
    /// # Errors
    /// `user-verification-required`, `assertion-invalid` or `malformed`.
    pub fn finish_operator(&self, response: Value, state: &str) -> Result<(String, String), Problem> {
        let passkey = self.finish(response, state)?;
        Ok((URL_SAFE_NO_PAD.encode(passkey.cred_id()), encode(&passkey)?))
    }

    fn finish(&self, response: Value, state: &str) -> Result<Passkey, Problem> {
        let state: PasskeyRegistration = decode(state)?;
        let response: RegisterPublicKeyCredential = serde_json::from_value(response)
            .map_err(|_| Problem::Malformed("passkey is not a RegistrationResponseJSON"))?;
        let passkey = self.0.finish_passkey_registration(&response, &state).map_err(refused)?;
        // The options offered this algorithm alone; the library would take more.
        if passkey.cred_algorithm() == &COSEAlgorithm::ES256 { Ok(passkey) } else { Err(Problem::AssertionInvalid) }
    }

    /// Begins a login without a name: the authenticator finds the credential.
    ///
    /// # Errors
    /// [`Problem::Internal`] only.
    pub fn start_login(&self) -> Result<(Value, String), Problem> {
        let (challenge, state) = self.0.start_discoverable_authentication().map_err(internal)?;
        let options = serde_json::to_value(&challenge.public_key).map_err(|e| Problem::Internal(e.to_string()))?;
        Ok((options, encode(&state)?))
    }

    /// Who claims to log in: WebAuthn user handle and credential id (b64u). Proves nothing yet.
    ///
    /// # Errors
    /// `malformed` or `assertion-invalid`.
    pub fn claimed(&self, response: &Value) -> Result<(Uuid, String), Problem> {
        let response = login_response(response)?;
        let (user, credential) =
            self.0.identify_discoverable_authentication(&response).map_err(|_| Problem::AssertionInvalid)?;
        Ok((user, URL_SAFE_NO_PAD.encode(credential)))
    }

    /// Checks a login against the stored passkey.
    ///
    /// # Errors
    /// `user-verification-required`, `assertion-invalid` or `malformed`.
    pub fn finish_login(&self, response: &Value, state: &str, stored: &str) -> Result<LoggedIn, Problem> {
        let response = login_response(response)?;
        let state: DiscoverableAuthentication = decode(state)?;
        let mut passkey: Passkey = decode(stored)?;
        let result = self.0.finish_discoverable_authentication_v2(&response, state, &passkey).map_err(refused)?;
        if !result.user_verified() {
            return Err(Problem::UserVerificationRequired);
        }
        let before = i64::from(Credential::from(passkey.clone()).counter);
        let counter = i64::from(result.counter());
        if (counter != 0 || before != 0) && counter <= before {
            return Err(Problem::AssertionInvalid);
        }
        let changed = passkey.update_credential(&result) == Some(true);
        let updated = if changed { Some(encode(&passkey)?) } else { None };
        Ok(LoggedIn { credential_id: URL_SAFE_NO_PAD.encode(passkey.cred_id()), updated })
    }
}

fn login_response(value: &Value) -> Result<PublicKeyCredential, Problem> {
    serde_json::from_value(value.clone())
        .map_err(|_| Problem::Malformed("response is not an AuthenticationResponseJSON"))
}

fn encode<T: serde::Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|e| Problem::Internal(e.to_string()))
}

fn decode<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|e| Problem::Internal(format!("a stored ceremony does not read: {e}")))
}

fn internal(e: WebauthnError) -> Problem {
    Problem::Internal(format!("webauthn: {e}"))
}

fn refused(e: WebauthnError) -> Problem {
    match e {
        WebauthnError::UserNotVerified => Problem::UserVerificationRequired,
        _ => Problem::AssertionInvalid,
    }
}
