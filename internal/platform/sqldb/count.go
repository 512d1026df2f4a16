package sqldb

import (
	"context"
	"sync/atomic"
)

type counting struct{}

// Count returns a context whose statements are counted. By it a test tells
// whether the same work is done for what must look the same.
func Count(ctx context.Context) (context.Context, *atomic.Int64) {
	n := &atomic.Int64{}
	return context.WithValue(ctx, counting{}, n), n
}

func count(ctx context.Context) {
	if n, ok := ctx.Value(counting{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
