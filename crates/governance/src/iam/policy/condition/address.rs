use std::net::IpAddr;

/// The addresses of a CIDR block; a single address is a block of its own (IAM reference_policies_elements_condition_operators).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::iam::policy) struct Block {
    address: IpAddr,
    prefix_bits: u32,
}

impl Block {
    /// The block that `text` is: `ADDRESS` or `ADDRESS/BITS`, IPv4 or IPv6. Bits behind the prefix do not count.
    pub(in crate::iam::policy) fn parse(text: &str) -> Option<Self> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match bits {
            None => bits_max,
            Some(bits) => {
                bits.parse().ok().filter(|n| *n <= bits_max && bits.bytes().all(|b| b.is_ascii_digit()))?
            }
        };
        Some(Self { address, prefix_bits })
    }

    /// Whether the address is in the block; an IPv4 address in IPv6's clothes is an IPv4 address.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(block), IpAddr::V4(address)) => {
                (block.to_bits() ^ address.to_bits()).checked_shr(32 - self.prefix_bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(block), IpAddr::V6(address)) => {
                (block.to_bits() ^ address.to_bits()).checked_shr(128 - self.prefix_bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn a_block_holds_its_addresses() {
        let cases = [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.7/24", "203.0.113.1", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.5", "203.0.113.5", true),
            ("203.0.113.5", "203.0.113.4", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("0.0.0.0/0", "::ffff:8.8.8.8", true),
            ("2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", true),
            ("2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", false),
            ("::/0", "2001:db8::1", true),
            ("::1", "::1", true),
        ];
        for (block, address, expected) in cases {
            assert_eq!(
                Block::parse(block).unwrap().contains(address.parse().unwrap()),
                expected,
                "{block} {address}"
            );
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in
            ["", "203.0.113", "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/+8", "::/129", "203.0.113.*"]
        {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }
}
