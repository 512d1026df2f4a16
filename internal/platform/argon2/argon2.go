// Copyright 2017 The Go Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

// Package argon2 derives keys from passwords by Argon2id with one lane.
//
// It is golang.org/x/crypto/argon2, reduced to what the portal uses, with one
// difference: the blocks that a derivation works on belong to the caller and
// serve again. The original takes 19 MiB anew for each password, which in a
// storm of sign-ins triples the memory of the process. The first pass writes
// over what the blocks held, so they need not be cleared.
//
// Sources: RFC 9106; golang.org/x/crypto v0.58.0. Its test compares the two.
package argon2

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

// Version is that of Argon2, as it stands in stored hashes.
const Version = 0x13

const (
	argon2id    = 2
	blockLength = 128 // words of 8 bytes
	syncPoints  = 4
)

type block [blockLength]uint64

// Memory is what one derivation at a time works on.
type Memory struct{ blocks []block }

// NewMemory returns blocks of so many KiB, at least 8; the number is rounded
// down to a multiple of 4.
func NewMemory(kib uint32) *Memory {
	return &Memory{make([]block, max(kib/syncPoints*syncPoints, 2*syncPoints))}
}

// Key derives a key of size bytes in so many passes over m, at least one. kib is
// the size of m as it was asked for: it is part of what is hashed.
func (m *Memory) Key(password, salt []byte, passes, kib, size uint32) []byte {
	h0 := initHash(password, salt, passes, kib, size)
	m.begin(&h0)
	for n := range passes {
		for slice := range uint32(syncPoints) {
			m.segment(n, slice, passes)
		}
	}
	var last [blockLength * 8]byte
	for i, v := range m.blocks[len(m.blocks)-1] {
		binary.LittleEndian.PutUint64(last[i*8:], v)
	}
	key := make([]byte, size)
	blake2bHash(key, last[:])
	return key
}

func initHash(password, salt []byte, passes, kib, size uint32) (h0 [blake2b.Size + 8]byte) {
	b2, _ := blake2b.New512(nil) // without a key it does not fail
	var params []byte
	for _, v := range []uint32{1, size, kib, passes, Version, argon2id} {
		params = binary.LittleEndian.AppendUint32(params, v)
	}
	for _, part := range [][]byte{password, salt, nil, nil} {
		params = binary.LittleEndian.AppendUint32(params, uint32(len(part)))
		params = append(params, part...)
	}
	b2.Write(params)
	clear(params)
	b2.Sum(h0[:0])
	return h0
}

// begin writes the first two blocks.
func (m *Memory) begin(h0 *[blake2b.Size + 8]byte) {
	var first [blockLength * 8]byte
	for j := range uint32(2) {
		binary.LittleEndian.PutUint32(h0[blake2b.Size:], j)
		blake2bHash(first[:], h0[:])
		for i := range m.blocks[j] {
			m.blocks[j][i] = binary.LittleEndian.Uint64(first[i*8:])
		}
	}
}

// segment fills a quarter of the blocks in pass n.
func (m *Memory) segment(n, slice, passes uint32) {
	lanes := uint32(len(m.blocks))
	segments := lanes / syncPoints
	var addresses, in, zero block
	independent := n == 0 && slice < syncPoints/2
	if independent {
		in[0], in[2], in[3], in[4], in[5] = uint64(n), uint64(slice), uint64(lanes), uint64(passes), argon2id
	}
	index := uint32(0)
	if n == 0 && slice == 0 {
		index = 2 // the first two blocks are there already
		in[6]++
		processBlock(&addresses, &in, &zero)
		processBlock(&addresses, &addresses, &zero)
	}
	for offset := slice*segments + index; index < segments; index, offset = index+1, offset+1 {
		prev := offset - 1
		if index == 0 && slice == 0 {
			prev += lanes // the last block
		}
		random := m.blocks[prev][0]
		if independent {
			if index%blockLength == 0 {
				in[6]++
				processBlock(&addresses, &in, &zero)
				processBlock(&addresses, &addresses, &zero)
			}
			random = addresses[index%blockLength]
		}
		from := reference(random, lanes, segments, n, slice, index)
		if n == 0 {
			processBlock(&m.blocks[offset], &m.blocks[prev], &m.blocks[from])
		} else {
			processBlockXOR(&m.blocks[offset], &m.blocks[prev], &m.blocks[from])
		}
	}
}

// reference returns the block that a random number points to.
func reference(random uint64, lanes, segments, n, slice, index uint32) uint32 {
	size, start := 3*segments+index, ((slice+1)%syncPoints)*segments
	if n == 0 {
		size, start = slice*segments+index, 0
	}
	size--
	p := random & 0xFFFFFFFF
	p = (p * p) >> 32
	p = (p * uint64(size)) >> 32
	return uint32((uint64(start) + uint64(size) - (p + 1)) % uint64(lanes))
}
