//! Which service directory a folder below [`crate::paths::STATE`] is for: 16 bytes.
//!
//! Two directories may have one name, and a folder stays where it is when its directory can be written again. Its one law: a
//! folder is for a directory only if the record says so, whatever their names are. It is ours alone.

/// Bytes of a record.
pub const LENGTH: usize = 16;

/// The record: device (8) and inode (8) of the directory, little endian.
pub fn encode(device: u64, inode: u64) -> [u8; LENGTH] {
    let mut record = [0; LENGTH];
    let (front, back) = record.split_at_mut(LENGTH / 2);
    front.copy_from_slice(&device.to_le_bytes());
    back.copy_from_slice(&inode.to_le_bytes());
    record
}
