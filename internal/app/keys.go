package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kabinet/internal/platform/secret"
)

// keyringFile is where the keyring lies in the data folder, encrypted by the
// master key.
const keyringFile = "keyring.json"

// keyring opens the keyring of the data folder. A folder that holds nothing yet
// gets a new one.
func keyring(dir string, master []byte) (*secret.Keyring, error) {
	path := filepath.Join(dir, keyringFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if used, _ := filepath.Glob(filepath.Join(dir, "kabinet.db*")); len(used) > 0 {
			return nil, fmt.Errorf("%s is missing although there is a database: without it nothing sealed can be read; restore it from the backup", path)
		}
		if data, err = secret.Create(master); err != nil {
			return nil, err
		}
		if err := writeFile(path, data); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, fmt.Errorf("reading the keyring: %w", err)
	}
	return secret.Load(master, data)
}

// rotateKeys adds a key to the keyring of the data folder.
func rotateKeys(dir string, master []byte) error {
	path := filepath.Join(dir, keyringFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the keyring: %w", err)
	}
	if data, err = secret.Rotate(master, data); err != nil {
		return err
	}
	return writeFile(path, data)
}

// rewrapKeys encrypts the keyring of the data folder by another master key.
func rewrapKeys(dir string, from, to []byte) error {
	path := filepath.Join(dir, keyringFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the keyring: %w", err)
	}
	if data, err = secret.Rewrap(from, to, data); err != nil {
		return err
	}
	return writeFile(path, data)
}

// writeFile writes a file whole or not at all, readable by its owner alone.
func writeFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // when all went well it has another name by then
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
