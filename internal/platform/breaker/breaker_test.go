package breaker

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestOnlyOneQuestionTriesAPartnerThatFailed(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	b := New(func() time.Time { return noon })
	b.failures, b.opened = Failures, noon.Add(-OpenFor)
	var through atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if b.Enter() {
				through.Add(1)
			}
		})
	}
	wg.Wait()
	if n := through.Load(); n != 1 {
		t.Errorf("%d went through, want 1", n)
	}
}
