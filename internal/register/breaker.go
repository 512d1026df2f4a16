package register

import (
	"sync"
	"time"
)

const (
	failuresToOpen = 5                // in a row
	openFor        = 30 * time.Second // then one question is let through to see
)

// breaker keeps questions from a partner that does not answer, so that they do
// not pile up here waiting for their time limits.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	opened   time.Time // when the last failure opened it
	trying   bool      // one question is on its way to see
}

// enter says whether to ask. After true, leave must be called.
func (b *breaker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < failuresToOpen {
		return true
	}
	if b.trying || b.now().Before(b.opened.Add(openFor)) {
		return false
	}
	b.trying = true
	return true
}

// leave notes how it went. An abandoned question counts neither way.
func (b *breaker) leave(failed, abandoned bool) {
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
