// Package breaker keeps questions from a partner that does not answer, so that
// they do not pile up here waiting for their time limits.
package breaker

import (
	"sync"
	"time"
)

const (
	Failures = 5                // in a row, which open it
	OpenFor  = 30 * time.Second // then one question is let through to see
)

// Breaker counts how questions to one partner went. Its methods may be called
// at once.
type Breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	opened   time.Time // when the last failure opened it
	trying   bool      // one question is on its way to see
}

// New returns a Breaker that lets everything through.
func New(now func() time.Time) *Breaker { return &Breaker{now: now} }

// Enter says whether to ask. After true, Leave must be called.
func (b *Breaker) Enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < Failures {
		return true
	}
	if b.trying || b.now().Before(b.opened.Add(OpenFor)) {
		return false
	}
	b.trying = true
	return true
}

// Leave notes how it went. An abandoned question counts neither way.
func (b *Breaker) Leave(failed, abandoned bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	switch {
	case abandoned:
	case failed:
		b.failures++
		b.opened = b.now()
	default:
		b.failures = 0
	}
}
