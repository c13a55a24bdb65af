//! Compressed bodies that are small on the wire and large after decompression.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Returns one gzip member that holds the text and this many bytes of white space.
///
/// The white space is one compressed block, repeated: a block after a full flush refers to nothing
/// before it. The cost is that of compressing one mebibyte, whatever the size.
pub(crate) fn bomb(text: &[u8], white_space: usize) -> Vec<u8> {
    const BLOCK: usize = 1 << 20;
    let block = vec![b' '; BLOCK];
    let (whole, rest) = (white_space / BLOCK, white_space % BLOCK);

    // Magic number, deflate, no flags, no time, unknown operating system.
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    bomb.extend(deflated(text, FlushCompress::Full));
    let compressed = deflated(&block, FlushCompress::Full);
    for _ in 0..whole {
        bomb.extend_from_slice(&compressed);
    }
    bomb.extend(deflated(&block[..rest], FlushCompress::Finish));

    let mut checksum = Crc::new();
    checksum.update(text);
    let mut block_checksum = Crc::new();
    block_checksum.update(&block);
    for _ in 0..whole {
        // Combining is cheaper than hashing the expanded content.
        checksum.combine(&block_checksum);
    }
    checksum.update(&block[..rest]);
    bomb.extend(checksum.sum().to_le_bytes());
    // RFC 1952 section 2.3.1: the size modulo 2^32.
    bomb.extend(((text.len() + white_space) as u32).to_le_bytes());
    bomb
}

fn deflated(data: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::default(), false);
    let mut output = Vec::with_capacity(data.len() + 1024);
    let status = compress.compress_vec(data, &mut output, flush);
    debug_assert!(
        matches!(status, Ok(Status::Ok | Status::StreamEnd)),
        "there is room for the whole output"
    );
    output
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_bomb_decompresses_to_the_text_and_the_white_space() {
        for white_space in [0, 10, 1 << 20, (3 << 20) + 5] {
            let mut text = String::new();
            let bomb = bomb(b"{\"a\":1}", white_space);
            flate2::read::GzDecoder::new(&*bomb)
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text.len(), 7 + white_space);
            assert_eq!(text.trim_end(), "{\"a\":1}");
        }
    }

    #[test]
    fn a_bomb_is_at_least_500_times_smaller_than_its_content() {
        assert!(bomb(b"", 64 << 20).len() < (64 << 20) / 500);
    }
}
