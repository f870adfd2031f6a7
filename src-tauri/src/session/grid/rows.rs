//! Positions of many millions of rows in few bytes each: in blocks, each with its first position and the distances that follow.

use es_core::Position;

/// Rows of a block: what is decoded to find one row.
const BLOCK: usize = 512;

/// Ascending positions by row number.
#[derive(Debug, Default)]
pub struct Rows {
    /// Full blocks.
    blocks: Vec<Block>,
    /// The rows behind them.
    tail: Vec<Position>,
    /// Bytes of all distances.
    bytes: usize,
}

#[derive(Debug)]
struct Block {
    first: Position,
    /// Distances of neighbours less one, seven bits a byte, the lowest first; nothing where all are neighbours.
    distances: Box<[u8]>,
}

impl Block {
    fn of(positions: &[Position]) -> Self {
        let first = positions.first().copied().unwrap_or_default();
        let mut distances = Vec::new();
        let mut apart = false;
        for pair in positions.windows(2) {
            let mut distance = pair[1].get() - pair[0].get() - 1;
            apart |= distance > 0;
            while distance >= 0x80 {
                distances.push(distance.to_le_bytes()[0] | 0x80);
                distance >>= 7;
            }
            distances.push(distance.to_le_bytes()[0]);
        }
        Self { first, distances: if apart { distances.into() } else { Box::default() } }
    }

    fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        let mut bytes = self.distances.iter();
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let this = next?;
            let mut distance = 0_u64;
            for (at, byte) in bytes.by_ref().enumerate() {
                distance |= u64::from(byte & 0x7f) << (7 * at);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            next = this.get().checked_add(distance + 1).map(Position);
            Some(this)
        })
        .take(BLOCK)
    }
}

impl Rows {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.blocks.len() * BLOCK + self.tail.len()
    }

    /// About how much memory they take.
    pub fn bytes(&self) -> usize {
        self.bytes + self.blocks.len() * size_of::<Block>()
    }

    /// Adds positions, ascending and behind all others.
    pub fn extend(&mut self, positions: &[Position]) {
        for position in positions {
            debug_assert!(self.tail.last().is_none_or(|last| last < position), "positions ascend");
            self.tail.push(*position);
            if self.tail.len() == BLOCK {
                let block = Block::of(&self.tail);
                self.bytes += block.distances.len();
                self.blocks.push(block);
                self.tail.clear();
            }
        }
    }

    /// Positions of some rows from one on; fewer where there are not as many.
    pub fn slice(&self, first: usize, count: usize) -> Vec<Position> {
        let blocks = self.blocks.iter().skip(first / BLOCK).flat_map(Block::positions);
        let in_blocks = self.blocks.len() * BLOCK;
        let (skipped, tail) =
            if first < in_blocks { (first % BLOCK, 0) } else { (0, (first - in_blocks).min(self.tail.len())) };
        blocks.skip(skipped).chain(self.tail[tail..].iter().copied()).take(count).collect()
    }

    /// How many rows stand before a position: the number of the first one at or after it.
    pub fn before(&self, position: Position) -> usize {
        let full = self.blocks.partition_point(|block| block.first < position);
        let Some(last) = full.checked_sub(1) else {
            return if self.blocks.is_empty() { self.in_tail(position) } else { 0 };
        };
        let within = self.blocks[last].positions().take_while(|at| *at < position).count();
        let beyond = if last + 1 == self.blocks.len() && within == BLOCK { self.in_tail(position) } else { 0 };
        last * BLOCK + within + beyond
    }

    fn in_tail(&self, position: Position) -> usize {
        self.tail.partition_point(|at| *at < position)
    }
}

#[cfg(test)]
mod tests {
    use es_testkit::Dice;

    use super::*;

    fn of(positions: &[Position]) -> Rows {
        let mut rows = Rows::default();
        for part in positions.chunks(97) {
            rows.extend(part);
        }
        rows
    }

    #[test]
    fn rows_give_back_the_positions_they_were_given() {
        let mut dice = Dice::new(3);
        for widest in [1, 2, 200, 70_000, 1 << 52] {
            let mut at = 0_u64;
            let positions: Vec<Position> = (0..2300)
                .map(|_| {
                    at += 1 + dice.below(widest);
                    Position(at)
                })
                .collect();
            let rows = of(&positions);
            assert_eq!(rows.len(), positions.len());
            for first in [0, 1, 511, 512, 513, 1024, 2047, 2048, 2299, 2300, 9999] {
                for count in [0, 1, 600, 5000] {
                    let begin = first.min(positions.len());
                    let wanted = &positions[begin..positions.len().min(begin + count)];
                    assert_eq!(rows.slice(first, count), wanted, "rows {first} and {count} on, {widest} apart");
                }
            }
            for index in (0..positions.len()).step_by(7).chain([511, 512, 2047, 2048, 2299]) {
                for position in [positions[index].previous(), positions[index], positions[index].next()] {
                    let wanted = positions.partition_point(|at| *at < position);
                    assert_eq!(rows.before(position), wanted, "before {position}, {widest} apart");
                }
            }
            assert_eq!((rows.before(Position::ZERO), rows.before(Position(u64::MAX))), (0, positions.len()));
        }
        assert_eq!((Rows::default().slice(0, 5).len(), Rows::default().before(Position(5))), (0, 0), "no rows");
    }

    #[test]
    fn ten_million_neighbours_take_less_than_a_megabyte_and_byte_offsets_a_few() {
        let mut rows = Rows::default();
        let positions: Vec<Position> = (1..=1_000_000).map(Position).collect();
        rows.extend(&positions);
        assert!(rows.bytes() < 100_000, "a million neighbours take {} bytes", rows.bytes());
        let mut rows = Rows::default();
        let far = (1 << 53) + 1;
        let positions: Vec<Position> = (0..1_000_000).map(|row| Position(far + row * 900 + row % 7)).collect();
        rows.extend(&positions);
        assert!(rows.bytes() < 2_200_000, "a million byte offsets take {} bytes", rows.bytes());
    }
}
