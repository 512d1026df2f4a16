package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
)

// Proves: R-02
func TestASealedValueOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	k := secrettest.New(t)
	sealed := k.Seal("person", "snils", "alice", []byte("112-233-445 95"))
	if bytes.Contains(sealed, []byte("112")) {
		t.Error("the value is readable")
	}
	for _, tt := range []struct {
		name, table, column, owner string
		want                       error
	}{
		{"its own place", "person", "snils", "alice", nil},
		{"another owner", "person", "snils", "bob", secret.ErrOpen},
		{"another column", "person", "inn", "alice", secret.ErrOpen},
		{"another table", "account", "snils", "alice", secret.ErrOpen},
	} {
		got, err := k.Open(tt.table, tt.column, tt.owner, sealed)
		if !errors.Is(err, tt.want) || err == nil && string(got) != "112-233-445 95" {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := k.Open("person", "snils", "alice", sealed); !errors.Is(err, secret.ErrOpen) {
		t.Errorf("a changed value: %v", err)
	}
}

func TestAfterRotationOldValuesOpenAndNewOnesUseTheNewKey(t *testing.T) {
	t.Parallel()
	master, _ := secret.ParseMaster(secret.NewMaster())
	data, err := secret.Create(master)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := secret.Load(master, data)
	old := before.Seal("t", "c", "o", []byte("x"))
	var file bytes.Buffer
	w, _ := before.SealTo(&file, "t", "c", "o")
	io.WriteString(w, "file")
	w.Close()
	index := before.Index("phone", "+79000001234")

	rotated, err := secret.Rotate(master, data)
	if err != nil {
		t.Fatal(err)
	}
	after, err := secret.Load(master, rotated)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.Open("t", "c", "o", old); err != nil || string(got) != "x" {
		t.Errorf("old value: %q %v", got, err)
	}
	r, err := after.OpenFrom(&file, "t", "c", "o")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "file" {
		t.Errorf("old file: %q %v", got, err)
	}
	if !bytes.Equal(after.Index("phone", "+79000001234"), index) {
		t.Error("look-ups changed")
	}
	fresh := after.Seal("t", "c", "o", []byte("x"))
	if _, err := before.Open("t", "c", "o", fresh); err == nil {
		t.Error("the old keyring opens what the new key sealed")
	}
	if bytes.Equal(fresh[:5], old[:5]) {
		t.Error("the key's ID did not change")
	}
}

func TestTheKeyringNeedsItsMasterKey(t *testing.T) {
	t.Parallel()
	master, _ := secret.ParseMaster(secret.NewMaster())
	other, _ := secret.ParseMaster(secret.NewMaster())
	data, _ := secret.Create(master)
	if _, err := secret.Load(other, data); err == nil {
		t.Error("opened with another master key")
	}
	moved, err := secret.Rewrap(master, other, data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Load(other, moved); err != nil {
		t.Errorf("after rewrapping: %v", err)
	}
	if _, err := secret.ParseMaster("short"); err == nil {
		t.Error("a short master key was taken")
	}
}

func TestPrintingAKeyringShowsNothing(t *testing.T) {
	t.Parallel()
	k := secrettest.New(t)
	if out := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(out, "lookup") {
		t.Errorf("printed %q", out)
	}
}

func BenchmarkSealAndOpen(b *testing.B) {
	k := secrettest.New(b)
	plain := bytes.Repeat([]byte("x"), 100)
	for b.Loop() {
		sealed := k.Seal("person", "data", "alice", plain)
		if _, err := k.Open("person", "data", "alice", sealed); err != nil {
			b.Fatal(err)
		}
	}
}
