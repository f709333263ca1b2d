//! The state of a ring in an image of a memory.

use serde::Serialize;

/// The state of a ring in an image.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v3-region.bin");
/// use ttlog_reader::Snapshots;
///
/// let mut snapshots = Snapshots::new();
/// snapshots.open(path)?; // the memory of a board, saved by a debugger
/// let image = snapshots.files()[0].image.unwrap();
/// assert_eq!((image.state, image.boot), ("recovered", 3));
/// assert!(!image.is_acknowledged);
/// # Ok::<(), ttlog_reader::OpenError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Image {
    /// `recovered`, `torn` or `corrupt`.
    pub state: &'static str,
    /// The boot number of the program.
    pub boot: u32,
    /// Set if the program has acknowledged the content.
    #[serde(rename = "done")]
    pub is_acknowledged: bool,
    /// Number of callsites whose description did not fit the region.
    pub undescribed: u32,
}
