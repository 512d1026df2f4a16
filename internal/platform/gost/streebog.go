package gost

import (
	"encoding/binary"
	"hash"
	"sync"
)

// BlockSize is the length of a block of the hash, in bytes.
const BlockSize = 64

// Lengths of digests, in bytes.
const (
	Size256 = 32
	Size512 = 64
)

// block is 512 bits, the least significant word first.
type block [8]uint64

// streebog is a hash that is being computed.
type streebog struct {
	size   int // of the digest, in bytes
	h      block
	bits   block // how many bits were hashed
	sum    block // of all blocks as numbers
	rest   [BlockSize]byte
	length int // of rest
	tables *[8][256]uint64
}

// New256 returns Streebog with a digest of 32 bytes.
func New256() hash.Hash { return newStreebog(Size256) }

// New512 returns Streebog with a digest of 64 bytes.
func New512() hash.Hash { return newStreebog(Size512) }

// Sum256 returns the digest of data.
func Sum256(data []byte) (sum [Size256]byte) {
	h := newStreebog(Size256)
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}

// Sum512 returns the digest of data.
func Sum512(data []byte) (sum [Size512]byte) {
	h := newStreebog(Size512)
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}

func newStreebog(size int) *streebog {
	d := &streebog{size: size, tables: transform()}
	d.Reset()
	return d
}

// Reset implements hash.Hash.
func (d *streebog) Reset() {
	d.h, d.bits, d.sum, d.length = block{}, block{}, block{}, 0
	if d.size == Size256 {
		for i := range d.h {
			d.h[i] = 0x0101010101010101
		}
	}
}

// Size implements hash.Hash.
func (d *streebog) Size() int { return d.size }

// BlockSize implements hash.Hash.
func (d *streebog) BlockSize() int { return BlockSize }

// Write implements hash.Hash. It never fails.
func (d *streebog) Write(p []byte) (int, error) {
	n := len(p)
	if d.length > 0 {
		k := copy(d.rest[d.length:], p)
		d.length += k
		p = p[k:]
		if d.length == BlockSize {
			d.step(d.rest[:], BlockSize*8)
			d.length = 0
		}
	}
	for len(p) >= BlockSize {
		d.step(p[:BlockSize], BlockSize*8)
		p = p[BlockSize:]
	}
	if len(p) > 0 {
		d.length = copy(d.rest[:], p)
	}
	return n, nil
}

// Sum implements hash.Hash.
func (d *streebog) Sum(to []byte) []byte {
	end := *d
	var last [BlockSize]byte
	copy(last[:], end.rest[:end.length])
	last[end.length] = 1
	end.step(last[:], uint64(end.length)*8)
	end.compress(block{}, end.bits)
	end.compress(block{}, end.sum)
	var out [BlockSize]byte
	for i, w := range end.h {
		binary.LittleEndian.PutUint64(out[8*i:], w)
	}
	return append(to, out[BlockSize-d.size:]...) // of the short digest the upper half
}

// step hashes one block of which so many bits are the message's.
func (d *streebog) step(p []byte, bits uint64) {
	var m block
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
	d.compress(d.bits, m)
	d.bits.add(block{bits})
	d.sum.add(m)
}

// add is addition modulo 2^512.
func (b *block) add(c block) {
	var carry uint64
	for i := range b {
		sum := b[i] + c[i]
		over := sum < b[i]
		b[i] = sum + carry
		if over || b[i] < sum {
			carry = 1
		} else {
			carry = 0
		}
	}
}

func (b block) xor(c block) block {
	for i := range b {
		b[i] ^= c[i]
	}
	return b
}

// compress is the function g of RFC 6986, 8.
func (d *streebog) compress(n, m block) {
	key := d.lps(d.h.xor(n))
	state := m
	for i := range roundConstants {
		state = d.lps(state.xor(key))
		key = d.lps(key.xor(roundConstants[i]))
	}
	d.h = state.xor(key).xor(d.h).xor(m)
}

// lps is the substitution, the transposition of the bytes and the linear
// transformation in one: byte i of every word goes into word i.
func (d *streebog) lps(in block) (out block) {
	for i := range out {
		shift := 8 * i
		for j, w := range in {
			out[i] ^= d.tables[j][byte(w>>shift)]
		}
	}
	return out
}

// transform returns what each byte of a word adds to the transformed word.
var transform = sync.OnceValue(func() *[8][256]uint64 {
	var t [8][256]uint64
	for j := range t {
		for b := range t[j] {
			for bit := range 8 {
				if substitution[b]>>bit&1 == 1 {
					t[j][b] ^= matrix[63-8*j-bit]
				}
			}
		}
	}
	return &t
})
