// Package secret seals what must not be readable in a stolen disk or dump.
//
// A Keyring holds the portal's keys: an AEAD keyset for fields, a streaming one
// for files, and a key for look-ups. It is stored encrypted by a master key
// that the operator keeps apart from the data. Rotation adds a key: new values
// are sealed with it, old ones still open, and every sealed value carries its
// key's ID. The look-up key is not rotated, since it is what stored hashes are
// compared by.
//
// A sealed value is bound to its place: table, column and owner are the
// associated data, so a value moved to another row does not open.
package secret

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/streamingaead/aesgcmhkdf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrOpen is returned for a value that these keys did not seal, that was
// changed, or that stood in another place.
var ErrOpen = errors.New("sealed value does not open")

// MasterSize is the length of a master key in bytes.
const MasterSize = 32

// NewMaster returns a new master key, as ParseMaster reads it.
func NewMaster() string {
	b := make([]byte, MasterSize)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// ParseMaster reads a master key: base64 of 32 bytes.
func ParseMaster(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != MasterSize {
		return nil, errors.New("the master key must be base64 of 32 bytes; make one with: kabinet keys master")
	}
	return b, nil
}

// stored is the keyring as it lies in its file.
type stored struct {
	Fields []byte `json:"fields"` // Tink keyset, encrypted by the master key
	Files  []byte `json:"files"`
	Lookup []byte `json:"lookup"`
}

// Keyring seals, opens and hashes. It is safe for use by many goroutines.
type Keyring struct {
	fields tink.AEAD
	files  tink.StreamingAEAD
	lookup []byte
}

// Create returns a new keyring encrypted by master, to be stored.
func Create(master []byte) ([]byte, error) {
	kek, err := kek(master)
	if err != nil {
		return nil, err
	}
	fields, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making field keys: %w", err)
	}
	files, err := withNewKey(keyset.NewManager(), addFileKey)
	if err != nil {
		return nil, fmt.Errorf("making file keys: %w", err)
	}
	lookup := make([]byte, 32)
	rand.Read(lookup)
	return pack(kek, fields, files, lookup)
}

// Load opens a stored keyring.
func Load(master, data []byte) (*Keyring, error) {
	kek, err := kek(master)
	if err != nil {
		return nil, err
	}
	fields, files, lookup, err := unpack(kek, data)
	if err != nil {
		return nil, err
	}
	k := &Keyring{lookup: lookup}
	if k.fields, err = aead.New(fields); err != nil {
		return nil, fmt.Errorf("loading field keys: %w", err)
	}
	if k.files, err = streamingaead.New(files); err != nil {
		return nil, fmt.Errorf("loading file keys: %w", err)
	}
	return k, nil
}

// Rotate returns the stored keyring with a new key for fields and files. What
// was sealed before still opens.
func Rotate(master, data []byte) ([]byte, error) {
	kek, err := kek(master)
	if err != nil {
		return nil, err
	}
	fields, files, lookup, err := unpack(kek, data)
	if err != nil {
		return nil, err
	}
	if fields, err = withNewKey(keyset.NewManagerFromHandle(fields), addFieldKey); err != nil {
		return nil, fmt.Errorf("rotating field keys: %w", err)
	}
	if files, err = withNewKey(keyset.NewManagerFromHandle(files), addFileKey); err != nil {
		return nil, fmt.Errorf("rotating file keys: %w", err)
	}
	return pack(kek, fields, files, lookup)
}

// segment is how many bytes of a file are sealed at a time. A stream holds two
// of them in memory, so it decides what a hundred uploads at once cost.
const segment = 64 << 10

func addFieldKey(m *keyset.Manager) (id uint32, err error) { return m.Add(aead.AES256GCMKeyTemplate()) }

func addFileKey(m *keyset.Manager) (id uint32, err error) {
	p, err := aesgcmhkdf.NewParameters(aesgcmhkdf.ParametersOpts{
		KeySizeInBytes: 32, DerivedKeySizeInBytes: 32, HKDFHashType: aesgcmhkdf.SHA256, SegmentSizeInBytes: segment,
	})
	if err != nil {
		return 0, err
	}
	return m.AddNewKeyFromParameters(p)
}

// withNewKey adds a key and makes it the one that seals.
func withNewKey(m *keyset.Manager, add func(*keyset.Manager) (uint32, error)) (*keyset.Handle, error) {
	id, err := add(m)
	if err != nil {
		return nil, err
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, err
	}
	return m.Handle()
}

// Rewrap returns the stored keyring encrypted by another master key.
func Rewrap(from, to, data []byte) ([]byte, error) {
	old, err := kek(from)
	if err != nil {
		return nil, err
	}
	fields, files, lookup, err := unpack(old, data)
	if err != nil {
		return nil, err
	}
	fresh, err := kek(to)
	if err != nil {
		return nil, err
	}
	return pack(fresh, fields, files, lookup)
}

func pack(kek tink.AEAD, fields, files *keyset.Handle, lookup []byte) ([]byte, error) {
	var s stored
	var err error
	for _, part := range []struct {
		to   *[]byte
		h    *keyset.Handle
		name string
	}{{&s.Fields, fields, "fields"}, {&s.Files, files, "files"}} {
		var buf bytes.Buffer
		if err := part.h.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), kek, []byte(part.name)); err != nil {
			return nil, fmt.Errorf("storing keys: %w", err)
		}
		*part.to = buf.Bytes()
	}
	if s.Lookup, err = kek.Encrypt(lookup, []byte("lookup")); err != nil {
		return nil, fmt.Errorf("storing keys: %w", err)
	}
	return json.MarshalIndent(s, "", "  ")
}

func unpack(kek tink.AEAD, data []byte) (fields, files *keyset.Handle, lookup []byte, err error) {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, nil, nil, fmt.Errorf("reading the keyring: %w", err)
	}
	wrong := errors.New("the keyring does not open: the master key is another one, or the file was changed")
	if fields, err = keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(s.Fields)), kek, []byte("fields")); err != nil {
		return nil, nil, nil, wrong
	}
	if files, err = keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(s.Files)), kek, []byte("files")); err != nil {
		return nil, nil, nil, wrong
	}
	if lookup, err = kek.Decrypt(s.Lookup, []byte("lookup")); err != nil {
		return nil, nil, nil, wrong
	}
	return fields, files, lookup, nil
}

// Seal encrypts plain for one place: a column of a row of the owner.
func (k *Keyring) Seal(table, column, owner string, plain []byte) []byte {
	sealed, err := k.fields.Encrypt(plain, place(table, column, owner))
	if err != nil {
		panic(err) // no randomness, or 64 GiB of text
	}
	return sealed
}

// Open decrypts what Seal made for the same place. It returns ErrOpen.
func (k *Keyring) Open(table, column, owner string, sealed []byte) ([]byte, error) {
	plain, err := k.fields.Decrypt(sealed, place(table, column, owner))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", table, column, ErrOpen)
	}
	return plain, nil
}

// SealString is Seal of a text; an empty one stays empty, so that "nothing" can
// be told from "something" without a key.
func (k *Keyring) SealString(table, column, owner, plain string) []byte {
	if plain == "" {
		return []byte{}
	}
	return k.Seal(table, column, owner, []byte(plain))
}

// OpenString opens what SealString made.
func (k *Keyring) OpenString(table, column, owner string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := k.Open(table, column, owner, sealed)
	return string(plain), err
}

// SealJSON seals v as JSON.
func (k *Keyring) SealJSON(table, column, owner string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("sealing %s.%s: %w", table, column, err)
	}
	return k.Seal(table, column, owner, plain), nil
}

// OpenJSON opens what SealJSON made into v.
func (k *Keyring) OpenJSON(table, column, owner string, sealed []byte, v any) error {
	plain, err := k.Open(table, column, owner, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("reading %s.%s: %w", table, column, err)
	}
	return nil
}

// Index returns 32 bytes by which a value of some kind can be found again
// without being stored: a keyed hash. The value must be in canonical form.
func (k *Keyring) Index(kind, value string) []byte { return k.MAC("index:"+kind, []byte(value)) }

// MAC returns a 32-byte keyed hash of data for a purpose. Different purposes
// give unrelated hashes.
func (k *Keyring) MAC(purpose string, data []byte) []byte {
	m := hmac.New(sha256.New, k.lookup)
	m.Write([]byte(purpose))
	m.Write([]byte{0})
	m.Write(data)
	return m.Sum(nil)
}

// SealTo returns a writer that encrypts a stream into w for one place. Close
// must be called, and its error heeded: without it the stream does not open.
func (k *Keyring) SealTo(w io.Writer, table, column, owner string) (io.WriteCloser, error) {
	return k.files.NewEncryptingWriter(w, place(table, column, owner))
}

// OpenFrom returns a reader of what SealTo encrypted. A changed or cut stream
// fails while it is read.
func (k *Keyring) OpenFrom(r io.Reader, table, column, owner string) (io.Reader, error) {
	return k.files.NewDecryptingReader(r, place(table, column, owner))
}

func place(table, column, owner string) []byte {
	return []byte(table + "\x00" + column + "\x00" + owner)
}

// String keeps a printed Keyring from showing its keys.
func (k *Keyring) String() string { return "secret.Keyring" }

// GoString does the same for %#v.
func (k *Keyring) GoString() string { return k.String() }
