package limit

import (
	"hash/maphash"
	"sync"
)

const (
	shards   = 16
	shardMax = 8192 // keys of one shard: all of them take some 10 MB
)

// fast is the counts of TakeFast, spread over shards so that requests seldom
// wait for each other.
type fast struct {
	seed maphash.Seed
	part *[shards]shard
}

type shard struct {
	mu   sync.Mutex
	full map[uint64]int64 // hash of rule and key → moment when all uses are back
}

func newFast() fast { return fast{seed: maphash.MakeSeed(), part: new([shards]shard)} }

// take does what the function of this name does in the database.
func (f fast) take(r Rule, key string, now int64) (from int64) {
	var h maphash.Hash
	h.SetSeed(f.seed)
	h.WriteString(r.Name)
	h.WriteByte(0)
	h.WriteString(key)
	sum := h.Sum64()
	s := &f.part[sum%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full == nil {
		s.full = map[uint64]int64{}
	}
	full := max(s.full[sum], now)
	if full > now+r.span()-r.step() {
		return full - (r.span() - r.step())
	}
	if len(s.full) >= shardMax {
		s.makeRoom(now)
	}
	s.full[sum] = full + r.step()
	return 0
}

// makeRoom forgets the keys that are given back, and when there are none some
// other: under a flood of keys memory stays bounded, at the price of counting a
// few anew.
func (s *shard) makeRoom(now int64) {
	for sum, full := range s.full {
		if full <= now {
			delete(s.full, sum)
		}
	}
	for sum := range s.full {
		if len(s.full) < shardMax {
			return
		}
		delete(s.full, sum)
	}
}
