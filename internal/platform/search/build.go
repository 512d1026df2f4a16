package search

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
)

// wordList is a sorted list of words in one string: a tenth of the memory of a
// slice of strings with their headers.
type wordList struct {
	text   string
	starts []uint32 // one more than words
}

func newWordList(sorted []string) wordList {
	var l wordList
	var text []byte
	l.starts = make([]uint32, 0, len(sorted)+1)
	for _, w := range sorted {
		l.starts = append(l.starts, uint32(len(text)))
		text = append(text, w...)
	}
	l.starts = append(l.starts, uint32(len(text)))
	l.text = string(text)
	return l
}

func (l *wordList) len() int        { return len(l.starts) - 1 }
func (l *wordList) at(i int) string { return l.text[l.starts[i]:l.starts[i+1]] }

func (l *wordList) find(word string) (uint32, bool) {
	i, ok := sort.Find(l.len(), func(i int) int {
		switch w := l.at(i); {
		case word < w:
			return -1
		case word > w:
			return 1
		}
		return 0
	})
	return uint32(i), ok
}

// prefix returns the range of the words that begin with p.
func (l *wordList) prefix(p string) (lo, hi int) {
	lo = sort.Search(l.len(), func(i int) bool { return l.at(i) >= p })
	hi = lo + sort.Search(l.len()-lo, func(i int) bool {
		w := l.at(lo + i)
		return len(w) < len(p) || w[:len(p)] > p
	})
	return lo, hi
}

// build fills everything but titles, codes and trigrams.
//
// A document's impact for a stem is BM25F's saturated sum over its fields,
// without the rarity of the stem, which Find adds, in one byte.
func (x *Index) build(docs []Doc) {
	b := builder{stemOf: map[string]uint32{}, numbers: map[string]uint32{}, sums: map[uint32]float64{}}
	for i, d := range docs {
		b.add(i, d)
	}

	words := slices.Sorted(maps.Keys(b.stemOf))
	stems := slices.Sorted(maps.Keys(b.numbers))
	x.words, x.stems = newWordList(words), newWordList(stems)
	place := make([]uint32, len(stems)) // in the sorted list, of each stem as it was met
	x.docsWith = make([]uint32, len(stems))
	x.postings = make([]byte, 0, b.size)
	x.starts = make([]uint32, 0, len(stems)+1)
	for i, s := range stems {
		n := b.numbers[s]
		place[n] = uint32(i)
		x.docsWith[i] = b.lists[n].docs
		x.starts = append(x.starts, uint32(len(x.postings)))
		x.postings = append(x.postings, b.lists[n].bytes...)
	}
	x.starts = append(x.starts, uint32(len(x.postings)))
	x.wordStem = make([]uint32, len(words))
	for i, w := range words {
		x.wordStem[i] = place[b.stemOf[w]]
	}
}

// builder gathers postings while stems are still numbered as they are met.
type builder struct {
	stemOf  map[string]uint32 // of each folded word; stemming is the dearest step
	numbers map[string]uint32 // of each stem
	lists   []postingList
	size    int                // bytes in lists
	sums    map[uint32]float64 // of one document, by stem
}

type postingList struct {
	bytes []byte
	next  int // least document that may follow
	docs  uint32
}

func (b *builder) add(doc int, d Doc) {
	clear(b.sums)
	for _, t := range d.Titles {
		b.count(t, titleWeight)
	}
	for _, t := range d.Texts {
		b.count(t.Text, t.Weight)
	}
	for s, sum := range b.sums {
		l := &b.lists[s]
		before := len(l.bytes)
		l.bytes = binary.AppendUvarint(l.bytes, uint64(doc-l.next))
		l.bytes = append(l.bytes, byte(max(1, math.Round(255*sum/(titleWeight/2+sum)))))
		l.next = doc + 1
		l.docs++
		b.size += len(l.bytes) - before
	}
}

func (b *builder) count(text string, weight float64) {
	words := split(fold(text))
	// A long field says less with each of its words.
	norm := 0.5 + 0.5*float64(len(words))/averageWords(weight)
	for _, w := range words {
		n, known := b.stemOf[w]
		if !known {
			n = b.number(stem(w))
			b.stemOf[strings.Clone(w)] = n
		}
		if !stopWords[w] {
			b.sums[n] += weight / norm
		}
	}
}

func (b *builder) number(stem string) uint32 {
	n, known := b.numbers[stem]
	if !known {
		n = uint32(len(b.lists))
		b.numbers[strings.Clone(stem)] = n
		b.lists = append(b.lists, postingList{})
	}
	return n
}

// averageWords is the usual length of a field: the heavier, the shorter.
func averageWords(weight float64) float64 { return 4 + 36/max(1, weight) }
