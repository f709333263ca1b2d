//! The checksum of blocks, regions and dictionary entries.

use crc::{CRC_32_ISO_HDLC, Crc};

use crate::platform::ChecksumTable;

/// CRC-32/ISO-HDLC, the checksum of zip and PNG.
pub(crate) static CRC: Crc<u32, ChecksumTable> = Crc::<u32, ChecksumTable>::new(&CRC_32_ISO_HDLC);

/// A checksum that is being computed.
pub(crate) type Digest = crc::Digest<'static, u32, ChecksumTable>;

/// Returns the checksum of a block: of the fields of its header, and of its content.
pub(crate) fn checksum(fields: &[u8], content: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(fields);
    digest.update(content);
    digest.finalize()
}
