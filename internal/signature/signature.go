package signature

import (
	"errors"
	"time"
)

var (
	// ErrNoSeal: the file bears no seal at all.
	ErrNoSeal = errors.New("the file bears no seal")
	// ErrBroken: the file bears something like a seal, but not one of this
	// operator's over these bytes: changed, or sealed by somebody else.
	ErrBroken = errors.New("the seal does not fit the file or is not the operator's")
	// ErrUnsealable: not a file that package pdf writes.
	ErrUnsealable = errors.New("the file cannot be sealed")
	// ErrExpired: the operator's certificate is not valid at that time.
	ErrExpired = errors.New("the seal's certificate is not valid now")
)

// Seal is what a genuine seal says.
type Seal struct {
	Signer       string    // name in the certificate
	SerialNumber string    // of the certificate, hex in capitals
	At           time.Time // when the operator sealed it, to the second, UTC
	Whole        bool      // false: something was appended after sealing, so what is shown may differ
}

// Reason is what a seal says about itself to whoever looks at its properties.
type Reason struct {
	Text  string // «Выдано по заявлению № 2026-000124»
	Place string // the agency; may be empty
}
