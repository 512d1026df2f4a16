package argon2

import (
	"bytes"
	"fmt"
	"testing"

	original "golang.org/x/crypto/argon2"
)

func TestKeysAreThoseOfTheOriginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ passes, kib, size uint32 }{{1, 8, 32}, {1, 9, 16}, {2, 64, 32}, {3, 1024, 64}, {2, 19 * 1024, 32}} {
		m := NewMemory(c.kib)
		for i := range 3 { // blocks that were used give the same keys
			password, salt := fmt.Appendf(nil, "пароль %d", i), fmt.Appendf(nil, "salt of 16 bytes%d", i)
			got := m.Key(password, salt, c.passes, c.kib, c.size)
			wanted := original.IDKey(password, salt, c.passes, c.kib, 1, c.size)
			if !bytes.Equal(got, wanted) {
				t.Errorf("%+v, time %d: got %x, want %x", c, i, got, wanted)
			}
		}
	}
}

func BenchmarkKey(b *testing.B) {
	m := NewMemory(19 * 1024)
	b.ReportAllocs()
	for b.Loop() {
		m.Key([]byte("correct-horse-1"), []byte("0123456789abcdef"), 2, 19*1024, 32)
	}
}
