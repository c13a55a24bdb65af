//! Signatures. The features choose the implementation; if both are enabled, it is *ring*, in every program.

#[cfg(feature = "verify")]
mod ring;
// With both features, the tests compare the two.
#[cfg(any(not(feature = "verify"), all(test, feature = "verify-rustcrypto")))]
mod rustcrypto;

#[cfg(feature = "verify")]
pub(super) use self::ring::VerifyingKey;
#[cfg(not(feature = "verify"))]
pub(super) use self::rustcrypto::VerifyingKey;

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    /// RFC 7515 appendix A.2.
    const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    /// RFC 7515 appendix A.3.
    const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    /// RFC 8037 appendix A.4.
    const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// The signed text and the signature.
    fn parts(token: &str) -> (&[u8], Vec<u8>) {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        (signed.as_bytes(), decode(signature))
    }

    fn point() -> [u8; 65] {
        let point = [vec![4], decode(EC_X), decode(EC_Y)].concat();
        point.try_into().unwrap()
    }

    macro_rules! vectors {
        ($name:ident, $key:ty) => {
            #[test]
            fn $name() {
                let keys = [
                    <$key>::rsa(&decode(RSA_N), &decode("AQAB")),
                    <$key>::p256(point()),
                    <$key>::ed25519(decode(ED_X).try_into().unwrap()),
                ]
                .map(Option::unwrap);
                for (index, token) in [RS256, ES256, EDDSA].into_iter().enumerate() {
                    let (signed, signature) = parts(token);
                    for (other, key) in keys.iter().enumerate() {
                        assert_eq!(key.verifies(signed, &signature), other == index);
                        assert!(!key.verifies(signed, b""));
                    }
                    for position in 0..signature.len() {
                        let mut changed = signature.clone();
                        changed[position] ^= 1;
                        assert!(!keys[index].verifies(signed, &changed));
                    }
                    let longer = [&*signature, &[0]].concat();
                    assert!(!keys[index].verifies(signed, &longer));
                    let (_, shorter) = signature.split_first().unwrap();
                    assert!(!keys[index].verifies(signed, shorter));
                    assert!(!keys[index].verifies(&signed[1..], &signature));
                }
            }
        };
    }

    #[cfg(feature = "verify")]
    vectors!(
        the_vectors_of_the_rfcs_verify_with_ring,
        super::ring::VerifyingKey
    );
    #[cfg(feature = "verify-rustcrypto")]
    vectors!(
        the_vectors_of_the_rfcs_verify_with_rustcrypto,
        super::rustcrypto::VerifyingKey
    );

    /// A signature of zeros verifies with the point of order one, for any message.
    #[cfg(feature = "verify-rustcrypto")]
    #[test]
    fn a_point_of_small_order_verifies_nothing_in_pure_rust() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let key = super::rustcrypto::VerifyingKey::ed25519(identity);
        assert!(key.is_none_or(|key| !key.verifies(b"any", &signature)));
    }
}
