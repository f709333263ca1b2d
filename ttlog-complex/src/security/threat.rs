//! The threat: what somebody seems to be up to.

use core::fmt;

/// Something that no customer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threat {
    /// A piece of a database query where words were asked for.
    SqlInjection,
    /// A piece of a page's program where words were asked for.
    ScriptInjection,
    /// Wrong passwords for many accounts from one address.
    CredentialStuffing,
    /// A session that was never begun, or was begun elsewhere.
    AuthBypass,
    /// A wish for rights or data that belong to somebody else.
    PrivilegeProbe,
    /// Far more requests than anybody makes by hand.
    RateLimit,
}

impl Threat {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SqlInjection,
        Self::ScriptInjection,
        Self::CredentialStuffing,
        Self::AuthBypass,
        Self::PrivilegeProbe,
        Self::RateLimit,
    ];

    /// How much it adds to the risk of an address. Two of the worst are enough to be shut out.
    #[must_use]
    pub const fn points(self) -> u32 {
        match self {
            Self::SqlInjection | Self::ScriptInjection => 60,
            Self::CredentialStuffing | Self::AuthBypass | Self::PrivilegeProbe => 45,
            Self::RateLimit => 30,
        }
    }

    /// Its name in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SqlInjection => "sql_injection",
            Self::ScriptInjection => "script_injection",
            Self::CredentialStuffing => "credential_stuffing",
            Self::AuthBypass => "auth_bypass",
            Self::PrivilegeProbe => "privilege_probe",
            Self::RateLimit => "rate_limit",
        }
    }

    /// The reason of the snapshot that shows it.
    #[must_use]
    pub const fn snapshot(self) -> &'static str {
        match self {
            Self::SqlInjection => "security_sql_injection",
            Self::ScriptInjection => "security_script_injection",
            Self::CredentialStuffing => "security_credential_stuffing",
            Self::AuthBypass => "security_auth_bypass",
            Self::PrivilegeProbe => "security_privilege_probe",
            Self::RateLimit => "security_rate_limit",
        }
    }
}

impl fmt::Display for Threat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_named_after_its_threat() {
        for threat in Threat::ALL {
            assert_eq!(threat.snapshot(), format!("security_{threat}"));
        }
    }
}
