package search

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// allowed is the number of wrong letters forgiven in a word of n letters.
// Shorter words than four have too many neighbours to guess.
func allowed(n int) int {
	switch {
	case n < 4:
		return 0
	case n <= 5:
		return 1
	default:
		return 2
	}
}

// trigrams appends the keys of word's runs of three letters. Two empty letters
// stand before the word, so that its beginning counts for more.
func trigrams(keys []uint64, word []rune) []uint64 {
	var a, b uint64
	for _, r := range word {
		c := uint64(r) & 0x1fffff
		keys = append(keys, a<<42|b<<21|c)
		a, b = b, c
	}
	return keys
}

// trigramTable says which stems hold a run of three letters.
type trigramTable struct {
	keys   []uint64 // sorted
	starts []uint32 // of keys[i] in stems; one more than keys
	stems  []uint32
}

func newTrigramTable(stems *wordList) trigramTable {
	type pair struct {
		key  uint64
		stem uint32
	}
	var pairs []pair
	var keys []uint64
	for i := range stems.len() {
		keys = trigrams(keys[:0], []rune(stems.at(i)))
		for _, k := range keys {
			pairs = append(pairs, pair{k, uint32(i)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.stem, b.stem))
	})
	pairs = slices.Compact(pairs)
	t := trigramTable{stems: make([]uint32, 0, len(pairs))}
	for i, p := range pairs {
		if i == 0 || pairs[i-1].key != p.key {
			t.keys = append(t.keys, p.key)
			t.starts = append(t.starts, uint32(i))
		}
		t.stems = append(t.stems, p.stem)
	}
	t.keys = slices.Clip(t.keys)
	t.starts = append(t.starts, uint32(len(pairs)))
	return t
}

// maxCandidates bounds the stems whose distance to a mistyped word is measured.
const maxCandidates = 200

// candidates returns the stems that share the most runs of three letters with
// word. shared is work space: a zero for each stem, left as it was.
func (t *trigramTable) candidates(word []rune, shared []uint8) []uint32 {
	keys := trigrams(nil, word)
	slices.Sort(keys)
	var met []uint32
	sizes := make([]int, len(keys)+1) // stems that share so many
	for _, k := range slices.Compact(keys) {
		i, ok := slices.BinarySearch(t.keys, k)
		if !ok {
			continue
		}
		for _, s := range t.stems[t.starts[i]:t.starts[i+1]] {
			if shared[s] == 0 {
				met = append(met, s)
			}
			sizes[shared[s]]--
			shared[s]++
			sizes[shared[s]]++
		}
	}
	enough, room := uint8(1), maxCandidates
	for n := len(sizes) - 1; n > 0; n-- {
		if room -= sizes[n]; room < 0 {
			enough = uint8(n)
			break
		}
	}
	found := make([]uint32, 0, maxCandidates)
	for _, s := range met {
		if shared[s] > enough || shared[s] == enough && len(found) < maxCandidates {
			found = append(found, s)
		}
		shared[s] = 0
	}
	return found
}

// distance is the optimal string alignment distance of a and b, or most+1 when
// it is greater than most. Words are at most maxWord letters long.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most || len(a) > maxWord || len(b) > maxWord {
		return most + 1
	}
	var rows [3][maxWord + 1]int
	older, old, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, older[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
		older, old, row = old, row, older
	}
	return min(old[len(b)], most+1)
}

// nearest returns the stems that word may have been meant for, all at the same
// smallest distance, the most frequent first, at most three. An unfinished word
// is also compared with the beginnings of stems.
func (x *Index) nearest(word string, unfinished bool) []uint32 {
	typed, most := []rune(word), allowed(utf8.RuneCountInString(word))
	if most == 0 {
		return nil
	}
	sc := x.scratch.Get().(*scores)
	defer x.scratch.Put(sc)
	cut := []rune(stem(word))
	least := most
	var found []uint32
	var letters [maxWord]rune
	for _, s := range x.trigrams.candidates(cut, sc.shared) {
		known := letters[:0]
		for _, r := range x.stems.at(int(s)) {
			known = append(known, r)
		}
		d := distance(typed, known, least)
		// A short stem has too many neighbours: it bears fewer wrong letters.
		if bears := allowed(len(cut)); len(cut) < len(typed) && bears > 0 {
			if byStem := distance(cut, known, bears); byStem <= bears {
				d = min(d, byStem)
			}
		}
		if unfinished && len(known) > len(typed) {
			d = min(d, distance(typed, known[:len(typed)], least))
		}
		if d > least || x.frequency(s) == 0 {
			continue
		}
		if d < least {
			least, found = d, found[:0]
		}
		found = append(found, s)
	}
	slices.Sort(found)
	slices.SortStableFunc(found, func(a, b uint32) int {
		return cmp.Compare(x.frequency(b), x.frequency(a))
	})
	return found[:min(len(found), 3)]
}
