package search

import (
	"slices"
	"unicode/utf8"
)

// titleTable says which titles have a word, and the words of each title.
type titleTable struct {
	starts []uint32 // of each word in places; one more than words
	places []uint32 // sorted: those where the word is the first of a title, then the rest, by document
	words  []uint32 // words of each document's titles
	of     []uint32 // of each document in words; one more than documents
}

// notFirst marks a place where the word is not the first of the title.
const notFirst = 1 << 31

func newTitleTable(docs []Doc, vocabulary *wordList) titleTable {
	t := titleTable{of: make([]uint32, 0, len(docs)+1)}
	places := make([][]uint32, vocabulary.len())
	total := 0
	for doc, d := range docs {
		t.of = append(t.of, uint32(len(t.words)))
		for _, title := range d.Titles {
			for i, w := range split(fold(title)) {
				n, ok := vocabulary.find(w)
				if !ok {
					continue
				}
				place := uint32(doc)
				if i > 0 {
					place |= notFirst
				}
				t.words = append(t.words, n)
				places[n] = append(places[n], place)
				total++
			}
		}
	}
	t.of = append(t.of, uint32(len(t.words)))
	t.words = slices.Clip(t.words)
	t.places = make([]uint32, 0, total)
	t.starts = make([]uint32, 0, len(places)+1)
	for _, p := range places {
		t.starts = append(t.starts, uint32(len(t.places)))
		slices.Sort(p)
		t.places = append(t.places, slices.Compact(p)...)
	}
	t.starts = append(t.starts, uint32(len(t.places)))
	return t
}

func (t *titleTable) with(word int) []uint32 { return t.places[t.starts[word]:t.starts[word+1]] }

// Suggest returns the documents one of whose titles has the words typed so far,
// the last of them possibly unfinished: titles that begin with it come first,
// then the earlier documents. A mistyped or wrongly switched text is mended as
// in Find. An empty text suggests nothing.
func (x *Index) Suggest(typed string, limit int) []int {
	words := split(fold(typed))
	if len(words) == 0 || limit <= 0 {
		return nil
	}
	words = words[:min(len(words), maxQueryWords)]
	if docs := x.suggest(x.exactRanges(words), limit); len(docs) > 0 {
		return docs
	}
	if swapped, ok := swapLayout(typed); ok {
		if other := split(swapped); len(other) > 0 {
			if docs := x.suggest(x.exactRanges(other[:min(len(other), maxQueryWords)]), limit); len(docs) > 0 {
				return docs
			}
		}
	}
	return x.suggest(x.mendedRanges(words), limit)
}

// span is a range of words any of which will do, or all words of some stems.
type span struct {
	lo, hi int
	stems  []uint32 // when not empty, the words in the range must have one of these
}

func (x *Index) has(s span, word uint32) bool {
	return int(word) >= s.lo && int(word) < s.hi &&
		(len(s.stems) == 0 || slices.Contains(s.stems, x.wordStem[word]))
}

// exactRanges reads the last word as a beginning and the others by their stems.
// It returns nil when a word is not known. Words that say nothing are skipped
// unless they are the last.
func (x *Index) exactRanges(words []string) []span {
	last := words[len(words)-1]
	lo, hi := x.words.prefix(last)
	spans := []span{{lo, hi, nil}}
	for _, w := range words[:len(words)-1] {
		if stopWords[w] {
			continue
		}
		if s, ok := x.stems.find(stem(w)); ok {
			spans = append(spans, x.stemSpan(s))
			continue
		}
		lo, hi := x.words.prefix(w)
		spans = append(spans, span{lo, hi, nil})
	}
	for _, s := range spans {
		if s.lo == s.hi {
			return nil
		}
	}
	return spans
}

// mendedRanges is exactRanges with unknown words replaced by the nearest known.
func (x *Index) mendedRanges(words []string) []span {
	var spans []span
	for i, w := range words {
		last := i == len(words)-1
		if stopWords[w] && len(words) > 1 {
			continue
		}
		if lo, hi := x.words.prefix(w); lo < hi {
			spans = append(spans, span{lo, hi, nil})
			continue
		}
		if s, ok := x.stems.find(stem(w)); ok {
			spans = append(spans, x.stemSpan(s))
			continue
		}
		near := x.nearest(w, last)
		if len(near) == 0 {
			return nil
		}
		all := span{x.words.len(), 0, near}
		for _, s := range near {
			one := x.stemSpan(s)
			all.lo, all.hi = min(all.lo, one.lo), max(all.hi, one.hi)
		}
		spans = append(spans, all)
	}
	slices.Reverse(spans) // the last word leads
	return spans
}

// stemSpan returns the words of one stem. They begin alike but for the last
// letter, which the English stemmer may change.
func (x *Index) stemSpan(s uint32) span {
	text := x.stems.at(int(s))
	_, size := utf8.DecodeLastRuneInString(text)
	if size < len(text) {
		text = text[:len(text)-size]
	}
	lo, hi := x.words.prefix(text)
	return span{lo, hi, []uint32{s}}
}

// suggest returns the documents that have a word in each span. The first span
// is the unfinished word; the narrowest leads the search.
func (x *Index) suggest(spans []span, limit int) []int {
	if len(spans) == 0 {
		return nil
	}
	lead := 0
	for i, s := range spans {
		if s.hi-s.lo < spans[lead].hi-spans[lead].lo {
			lead = i
		}
	}
	top := make([]uint32, 0, limit)
	for w := spans[lead].lo; w < spans[lead].hi; w++ {
		places := x.titles.with(w)
		if len(places) == 0 || !x.has(spans[lead], uint32(w)) {
			continue
		}
		for _, place := range places {
			if len(top) == limit && place >= top[limit-1] {
				break // places are sorted: nothing better follows for this word
			}
			if len(spans) == 1 || x.titled(int(place&^notFirst), spans, lead) {
				top = insert(top, place, limit)
			}
		}
	}
	docs := make([]int, len(top))
	for i, place := range top {
		docs[i] = int(place &^ notFirst)
	}
	return docs
}

// insert puts place where it belongs among the limit least; a document is kept once.
func insert(top []uint32, place uint32, limit int) []uint32 {
	for i, p := range top {
		if p&^notFirst == place&^notFirst {
			if p <= place {
				return top
			}
			top = slices.Delete(top, i, i+1)
			break
		}
	}
	i, _ := slices.BinarySearch(top, place)
	if len(top) == limit {
		top = top[:limit-1]
	}
	return slices.Insert(top, min(i, len(top)), place)
}

// titled tells whether the document's titles have a word in each span but the leading one.
func (x *Index) titled(doc int, spans []span, lead int) bool {
	words := x.titles.words[x.titles.of[doc]:x.titles.of[doc+1]]
	for i, s := range spans {
		if i != lead && !slices.ContainsFunc(words, func(w uint32) bool { return x.has(s, w) }) {
			return false
		}
	}
	return true
}
