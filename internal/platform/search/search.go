package search

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Doc is one text to be found. Its place in the list given to New is its name
// in results; among equally good ones the earlier comes first.
type Doc struct {
	Titles []string // in any language; offered by Suggest and worth the most
	Codes  []string // found by the whole code or its beginning; case and punctuation do not matter
	Texts  []Text
}

// Text is a part of a Doc that is searched but not suggested.
type Text struct {
	Text   string
	Weight float64 // 1 for a description, up to titleWeight for a title's synonym
}

// titleWeight is what a word in a title is worth; a word in a description is worth 1.
const titleWeight = 8

// Query is what Find looks for.
type Query struct {
	Text   string
	Keep   func(doc int) bool // nil keeps all
	Offset int
	Limit  int // 0 is all
}

// Result is what Find found.
type Result struct {
	Total int   // before Offset and Limit, after Keep
	Docs  []int // places in New's list, best first
	// Corrected is the query as it was understood, when another layout was
	// read or a wrong letter mended; else empty. It is to be said to the person.
	Corrected string
	Known     bool // every word was found as typed
}

// Index finds texts. It is made by New and never changes.
type Index struct {
	words    wordList // every folded word of the texts, sorted
	wordStem []uint32 // of each word
	stems    wordList // sorted
	postings []byte   // per stem: document gaps and impacts
	starts   []uint32 // of each stem in postings; one more than stems
	docsWith []uint32 // documents that have each stem
	docs     int
	trigrams trigramTable
	titles   titleTable
	codes    []code // sorted
	scratch  sync.Pool
}

type code struct {
	text string
	doc  int
}

// New builds an index. Ten thousand cards take about half a second and 8 MB.
func New(docs []Doc) *Index {
	x := &Index{docs: len(docs)}
	x.build(docs)
	x.trigrams = newTrigramTable(&x.stems)
	x.titles = newTitleTable(docs, &x.words)
	for i, d := range docs {
		for _, c := range d.Codes {
			if c = bare(fold(c)); c != "" {
				x.codes = append(x.codes, code{c, i})
			}
		}
	}
	slices.SortFunc(x.codes, func(a, b code) int {
		return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.doc, b.doc))
	})
	n, stems := x.docs, x.stems.len() // the function must not keep docs alive
	x.scratch.New = func() any { return &scores{make([]float32, n), make([]uint16, n), make([]uint8, stems)} }
	return x
}

// group is what one word of a query stands for.
type group struct {
	stems []uint32
	cost  int    // 0 known, 1 the beginning of a word, 2 mended, 5 unknown
	said  string // how the word is said back to the person
}

const (
	costPrefix  = 1
	costMended  = 2
	costUnknown = 5
)

// Find returns the documents that have the words of q.Text. An empty or
// meaningless text finds nothing.
func (x *Index) Find(q Query) Result {
	groups, corrected := x.read(q.Text)
	found := x.score(groups, q.Keep)
	byCode := x.byCode(q.Text, q.Keep)
	if len(byCode) > 0 {
		// A code is exact: what else the letters may mean comes after it, unmended.
		if corrected != "" {
			found, corrected = nil, ""
		}
		found = slices.DeleteFunc(found, func(h hit) bool { return slices.Contains(byCode, h.doc) })
	}
	res := Result{Total: len(byCode) + len(found), Corrected: corrected,
		Known: len(groups) > 0 && corrected == "" && !slices.ContainsFunc(groups, func(g group) bool { return g.cost > 0 })}
	if len(found) == 0 {
		res.Corrected = ""
	}
	end := res.Total
	if q.Limit > 0 {
		end = min(end, q.Offset+q.Limit)
	}
	if q.Offset >= end {
		return res
	}
	for _, h := range best(found, max(0, end-len(byCode))) {
		byCode = append(byCode, h.doc)
	}
	res.Docs = byCode[q.Offset:end]
	return res
}

// byCode returns the documents whose code is the query, or begins with it when
// the query is at least three characters with a digit.
func (x *Index) byCode(text string, keep func(int) bool) []int {
	want := bare(fold(text))
	if utf8.RuneCountInString(want) < 2 {
		return nil
	}
	digits := strings.ContainsAny(want, "0123456789") && len(want) >= 3
	i, _ := slices.BinarySearchFunc(x.codes, want, func(c code, s string) int { return cmp.Compare(c.text, s) })
	var docs []int
	for ; i < len(x.codes) && strings.HasPrefix(x.codes[i].text, want); i++ {
		c := x.codes[i]
		if (digits || c.text == want) && (keep == nil || keep(c.doc)) && !slices.Contains(docs, c.doc) {
			docs = append(docs, c.doc)
		}
	}
	return docs
}

// read decides what the words of a query stand for, in the layout that makes
// more sense. corrected is empty when the query was understood as typed.
func (x *Index) read(text string) (groups []group, corrected string) {
	typed := queryWords(fold(text))
	groups, cost := x.groups(typed)
	if swapped, ok := swapLayout(text); ok && cost >= costMended {
		words := queryWords(swapped)
		if other, otherCost := x.groups(words); otherCost < cost && len(words) > 0 {
			return other, said(other)
		}
	}
	for _, g := range groups {
		if g.cost == costMended {
			return groups, said(groups)
		}
	}
	return groups, ""
}

// queryWords drops the words that say nothing, unless none else is left.
func queryWords(folded string) []string {
	words := split(folded)
	words = words[:min(len(words), maxQueryWords)]
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return stopWords[w] })
	if len(kept) == 0 {
		return words
	}
	return kept
}

func said(groups []group) string {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = g.said
	}
	return strings.Join(words, " ")
}

// groups reads each word; cost adds up how much had to be guessed.
func (x *Index) groups(words []string) (groups []group, cost int) {
	for i, w := range words {
		g := x.group(w, i == len(words)-1)
		groups, cost = append(groups, g), cost+g.cost
	}
	return groups, cost
}

// maxPrefixStems bounds what an unfinished word may stand for.
const maxPrefixStems = 20

func (x *Index) group(word string, last bool) group {
	if s, ok := x.stems.find(stem(word)); ok && x.frequency(s) > 0 {
		return group{[]uint32{s}, 0, word}
	}
	if last || utf8.RuneCountInString(word) >= 3 {
		if stems := x.beginning(word); len(stems) > 0 {
			return group{stems, costPrefix, word}
		}
	}
	if stems := x.nearest(word, last); len(stems) > 0 {
		return group{stems, costMended, x.saidAs(stems[0], word)}
	}
	return group{nil, costUnknown, word}
}

// beginning returns the stems of the words that begin with prefix, the most
// frequent first, at most maxPrefixStems.
func (x *Index) beginning(prefix string) []uint32 {
	var stems []uint32
	lo, hi := x.words.prefix(prefix)
	for w := lo; w < hi; w++ {
		if s := x.wordStem[w]; x.frequency(s) > 0 {
			stems = append(stems, s)
		}
	}
	slices.Sort(stems)
	stems = slices.Compact(stems)
	slices.SortStableFunc(stems, func(a, b uint32) int { return cmp.Compare(x.frequency(b), x.frequency(a)) })
	return stems[:min(len(stems), maxPrefixStems)]
}

// saidAs returns the word of a stem that looks most like what was typed.
func (x *Index) saidAs(s uint32, typed string) string {
	runes := []rune(x.stems.at(int(s)))
	lo, hi := x.words.prefix(string(runes[:max(1, len(runes)-1)])) // «y» at the end may have become «i»
	said, least := "", maxWord+1
	for w := lo; w < hi; w++ {
		if x.wordStem[w] != s {
			continue
		}
		if d := distance([]rune(x.words.at(w)), []rune(typed), maxWord); d < least {
			said, least = x.words.at(w), d
		}
	}
	return said
}

// frequency is the number of documents that have a stem.
func (x *Index) frequency(s uint32) uint32 { return x.docsWith[s] }

type hit struct {
	doc   int
	score float32
}

// scores is work space, reused.
type scores struct {
	sum    []float32 // of each document
	groups []uint16  // of each document, a bit for each group; maxQueryWords fits
	shared []uint8   // of each stem, zero between uses
}

// score returns the documents that have all groups or, when none has, the most
// of them and at least half. They are in the order of documents.
func (x *Index) score(groups []group, keep func(int) bool) []hit {
	if len(groups) == 0 {
		return nil
	}
	sc := x.scratch.Get().(*scores)
	defer x.scratch.Put(sc)
	clear(sc.sum)
	clear(sc.groups)
	for i, g := range groups {
		for rank, s := range g.stems {
			worth := math.Log(1+float64(x.docs)/float64(1+x.docsWith[s])) /
				float64(1+g.cost) / (1 + float64(rank)/maxPrefixStems)
			x.add(sc, s, 1<<i, float32(worth))
		}
	}
	need := (len(groups) + 1) / 2
	var found []hit
	for d, set := range sc.groups {
		n := bits.OnesCount16(set)
		if n < need || keep != nil && !keep(d) {
			continue
		}
		if n > need {
			need, found = n, found[:0]
		}
		found = append(found, hit{d, sc.sum[d]})
	}
	return found
}

// add adds the worth of one stem to the documents that have it. Of several
// stems of one group a document gets the first only, which is the likeliest.
func (x *Index) add(sc *scores, s uint32, bit uint16, worth float32) {
	doc := -1
	for list := x.postings[x.starts[s]:x.starts[s+1]]; len(list) > 0; {
		gap, n := binary.Uvarint(list)
		doc += int(gap) + 1
		if sc.groups[doc]&bit == 0 {
			sc.groups[doc] |= bit
			sc.sum[doc] += worth * float32(list[n])
		}
		list = list[n+1:]
	}
}

// worse is a heap of hits with the worst on top.
type worse []hit

func (w worse) Len() int           { return len(w) }
func (w worse) Less(i, j int) bool { return before(w[j], w[i]) < 0 }
func (w worse) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *worse) Push(h any)        { *w = append(*w, h.(hit)) }
func (w *worse) Pop() any          { panic("search: nothing is popped") }

func before(a, b hit) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc))
}

// best returns the n best hits in order. found is in the order of documents
// and is reordered.
func best(found []hit, n int) []hit {
	if n < len(found) {
		top := worse(found[:n])
		heap.Init(&top)
		for _, h := range found[n:] {
			if n > 0 && before(h, top[0]) < 0 {
				top[0] = h
				heap.Fix(&top, 0)
			}
		}
		found = top
	}
	slices.SortFunc(found, before)
	return found
}
