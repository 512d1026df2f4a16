package catalogue

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// queries counts what is searched for, in memory only and without who asked.
// Only queries whose every word stands in the texts of services are given to
// it, so no name or number that somebody typed can come up for others.
type queries struct {
	mu     sync.Mutex
	counts map[string]int
}

const (
	maxQueries   = 1000 // kept at once
	popularAfter = 5    // times a query must be asked before others see it
)

// add counts a query that found something.
func (q *queries) add(text string) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	if n := utf8.RuneCountInString(text); n < 3 || n > 60 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.counts == nil {
		q.counts = map[string]int{}
	}
	if _, known := q.counts[text]; !known && len(q.counts) >= maxQueries {
		q.fade()
	}
	q.counts[text]++
}

// fade halves all counts and forgets what falls to nothing.
func (q *queries) fade() {
	for text, n := range q.counts {
		if n /= 2; n > 0 {
			q.counts[text] = n
		} else {
			delete(q.counts, text)
		}
	}
}

// popular returns the queries that begin with prefix, the most frequent first.
func (q *queries) popular(prefix string, limit int) []string {
	prefix = strings.ToLower(strings.TrimLeft(prefix, " "))
	type counted struct {
		text string
		n    int
	}
	q.mu.Lock()
	var all []counted
	for text, n := range q.counts {
		if n >= popularAfter && strings.HasPrefix(text, prefix) {
			all = append(all, counted{text, n})
		}
	}
	q.mu.Unlock()
	slices.SortFunc(all, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text))
	})
	texts := make([]string, 0, limit)
	for _, c := range all[:min(limit, len(all))] {
		texts = append(texts, c.text)
	}
	return texts
}
