//! The password, kept so that who steals the hashes does not have it: salted PBKDF2-HMAC-SHA-256.

use pbkdf2::pbkdf2_hmac_array;
use sha2::Sha256;

/// What is kept of a password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordHash {
    salt: [u8; 16],
    hash: [u8; 32],
}

/// Makes and checks hashes.
#[derive(Clone, Copy, Debug)]
pub struct PasswordHasher {
    /// How often the hash is repeated. Today's advice for this scheme is 600,000.
    pub rounds: u32,
}

impl PasswordHasher {
    /// Hashes a password with a salt that nobody else has.
    #[must_use]
    pub fn hash(self, password: &str, salt: [u8; 16]) -> PasswordHash {
        let hash = pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), &salt, self.rounds);
        PasswordHash { salt, hash }
    }

    /// Whether it is the password that was hashed.
    #[must_use]
    pub fn verify(self, password: &str, kept: &PasswordHash) -> bool {
        let tried = self.hash(password, kept.salt);
        // Looks at every byte, so that the time it takes does not tell how many were right.
        let difference = tried
            .hash
            .iter()
            .zip(&kept.hash)
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        difference == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASHER: PasswordHasher = PasswordHasher { rounds: 2 };

    #[test]
    fn only_the_password_itself_is_verified() {
        let kept = HASHER.hash("correct horse", [7; 16]);
        assert!(HASHER.verify("correct horse", &kept));
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            assert!(!HASHER.verify(wrong, &kept), "{wrong:?}");
        }
    }

    #[test]
    fn two_customers_with_one_password_have_different_hashes() {
        assert_ne!(
            HASHER.hash("same", [1; 16]).hash,
            HASHER.hash("same", [2; 16]).hash
        );
    }
}
