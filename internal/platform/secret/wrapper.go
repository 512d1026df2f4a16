package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// wrapper is AES-256-GCM under the master key: it encrypts keysets, a handful
// of times in the life of an installation, so random nonces are safe.
type wrapper struct{ gcm cipher.AEAD }

func kek(master []byte) (wrapper, error) {
	if len(master) != MasterSize {
		return wrapper{}, fmt.Errorf("the master key has %d bytes, not %d", len(master), MasterSize)
	}
	block, err := aes.NewCipher(master)
	if err != nil {
		return wrapper{}, err
	}
	gcm, err := cipher.NewGCM(block)
	return wrapper{gcm}, err
}

// Encrypt implements tink.AEAD.
func (w wrapper) Encrypt(plain, place []byte) ([]byte, error) {
	nonce := make([]byte, w.gcm.NonceSize())
	rand.Read(nonce)
	return w.gcm.Seal(nonce, nonce, plain, place), nil
}

// Decrypt implements tink.AEAD.
func (w wrapper) Decrypt(sealed, place []byte) ([]byte, error) {
	n := w.gcm.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("too short")
	}
	return w.gcm.Open(nil, sealed[:n], sealed[n:], place)
}
