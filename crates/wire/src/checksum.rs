/// The CRC-32 of IEEE 802.3, which AWS sends in `x-amz-crc32` and event streams check their messages by.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iso_hdlc(bytes)
}
