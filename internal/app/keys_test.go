package app

import (
	"os"
	"path/filepath"
	"testing"

	"kabinet/internal/platform/secret"
)

func newMaster(t *testing.T) []byte {
	t.Helper()
	m, err := secret.ParseMaster(secret.NewMaster())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheKeyringIsMadeOnceRotatedAndMovedToAnotherMasterKey(t *testing.T) {
	t.Parallel()
	dir, master, other := t.TempDir(), newMaster(t), newMaster(t)
	first, err := keyring(dir, master)
	if err != nil {
		t.Fatal(err)
	}
	sealed := first.Seal("t", "c", "o", []byte("x"))
	if err := rotateKeys(dir, master); err != nil {
		t.Fatal(err)
	}
	if err := rewrapKeys(dir, master, other); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring(dir, master); err == nil {
		t.Error("the old master key still opens the keyring")
	}
	again, err := keyring(dir, other)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open("t", "c", "o", sealed); err != nil || string(plain) != "x" {
		t.Errorf("what was sealed before: %q %v", plain, err)
	}
}

func TestALostKeyringIsNotReplacedByANewOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kabinet.db"), []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring(dir, newMaster(t)); err == nil {
		t.Error("a new keyring was made beside a database that it cannot read")
	}
}
