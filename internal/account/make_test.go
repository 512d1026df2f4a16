package account

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kabinet/internal/platform/sqldb"
)

func TestMakingManyAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	passwords := []string{"correct-horse-1", "correct-horse-2", "correct-horse-3"}
	hashes, err := w.HashAll(t.Context(), passwords)
	want(t, err, nil)
	var samples []Sample
	for i := range 2000 {
		samples = append(samples, Sample{Level: Standard, Email: fmt.Sprintf("user%d@example.test", i+1), Phone: fmt.Sprintf("+7900%07d", i), Hash: hashes[min(i, 2)]})
	}
	begin, seen := time.Now(), 0
	also := func(context.Context, *sqldb.DB, int, string) error { seen++; return nil }
	want(t, w.MakeMany(t.Context(), samples, also), nil)
	t.Logf("%d accounts in %s", seen, time.Since(begin))
	in, err := w.SignIn(t.Context(), client("192.0.2.1"), SignIn{Login: Login{Email, "user2@example.test"}, Password: "correct-horse-2"})
	want(t, err, nil)
	if in.Flow != "" || seen != len(samples) {
		t.Error("a made-up account needs a code, or other features were not told of all")
	}
	want(t, w.MakeMany(t.Context(), samples[:1], nil), sqldb.ErrDuplicate)
}
