package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/secret/secrettest"
)

func newTest(t testing.TB) (*blob.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := blob.Open(dir, secrettest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// Proves
func TestAFileComesBackAndIsUnreadableOnDisk(t *testing.T) {
	t.Parallel()
	s, dir := newTest(t)
	content := strings.Repeat("паспорт 00 00 123456\n", 100_000)
	ref, head, err := s.Put(t.Context(), "alice", strings.NewReader(content), 5<<20)
	if err != nil || ref.Size != int64(len(content)) || !strings.HasPrefix(content, string(head)) || len(head) == 0 {
		t.Fatalf("%+v, head of %d, %v", ref, len(head), err)
	}
	r, err := s.Open("alice", ref)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || string(got) != content {
		t.Fatalf("read %d bytes: %v", len(got), err)
	}
	filepath.WalkDir(dir, func(p string, d os.DirEntry, _ error) error {
		if d.Type().IsRegular() {
			raw, _ := os.ReadFile(p)
			if bytes.Contains(raw, []byte("123456")) {
				t.Errorf("%s is readable", p)
			}
		}
		return nil
	})
	if _, err := s.Open("bob", ref); err == nil {
		r, _ := s.Open("bob", ref)
		if _, err := io.ReadAll(r); !errors.Is(err, blob.ErrChanged) {
			t.Errorf("another owner reads it: %v", err)
		}
	}
}

// Proves: R-08
func TestAChangedFileIsNoticed(t *testing.T) {
	t.Parallel()
	s, dir := newTest(t)
	ref, _, err := s.Put(t.Context(), "alice", strings.NewReader(strings.Repeat("x", 10_000)), 5<<20)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, ref.ID[24:], ref.ID)
	raw, _ := os.ReadFile(p)
	for _, change := range []func([]byte) []byte{
		func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		func(b []byte) []byte { return b[:len(b)-20] },
	} {
		os.WriteFile(p, change(bytes.Clone(raw)), 0o600)
		r, err := s.Open("alice", ref)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, blob.ErrChanged) {
			t.Errorf("%v, want ErrChanged", err)
		}
	}
}

func TestAFileOverTheLimitOrBrokenOffLeavesNothing(t *testing.T) {
	t.Parallel()
	s, dir := newTest(t)
	if _, _, err := s.Put(t.Context(), "alice", strings.NewReader("123456"), 5); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
	if _, _, err := s.Put(t.Context(), "alice", strings.NewReader("12345"), 5); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	cut := errors.New("connection lost")
	if _, _, err := s.Put(t.Context(), "alice", io.MultiReader(strings.NewReader("12"), failing{cut}), 5); !errors.Is(err, cut) {
		t.Errorf("%v, want the reader's error", err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 {
		t.Errorf("%d files left in tmp", len(left))
	}
	if err := s.Delete("../../etc"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func TestTheSweepRemovesOldFilesThatNobodyNeeds(t *testing.T) {
	t.Parallel()
	s, dir := newTest(t)
	put := func() blob.Ref {
		ref, _, err := s.Put(t.Context(), "alice", strings.NewReader("x"), 5)
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	kept, orphan := put(), put()
	os.WriteFile(filepath.Join(dir, "tmp", "broken"), nil, 0o600)
	needed := func(_ context.Context, ids []string) ([]string, error) { return []string{kept.ID}, nil }
	if n, err := s.Sweep(t.Context(), time.Now().Add(-time.Hour), needed); n != 0 || err != nil {
		t.Errorf("%d young files were removed: %v", n, err)
	}
	if n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour), needed); n != 2 || err != nil {
		t.Errorf("removed %d, want the orphan and the broken upload: %v", n, err)
	}
	if _, err := s.Open("alice", orphan); !errors.Is(err, blob.ErrNone) {
		t.Errorf("the orphan: %v", err)
	}
	if r, err := s.Open("alice", kept); err != nil {
		t.Errorf("the file that is needed: %v", err)
	} else {
		r.Close()
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
