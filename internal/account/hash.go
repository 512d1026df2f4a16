package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/unicode/norm"

	"kabinet/internal/platform/argon2"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/secret"
)

// ErrBusy is returned when more people sign in at once than can be served
// within hashWait.
var ErrBusy = fault.New(fault.Unavailable, "account.busy")

// Cost of a stored password. Source: OWASP password storage, performance G2.
const (
	hashMemory = 19 * 1024 // KiB
	hashTime   = 2
	hashSize   = 32 // bytes
	saltSize   = 16 // bytes

	// hashWait is the longest time in line for a core.
	hashWait = 5 * time.Second
	// hashKeep is how long memory is kept for the next sign-in.
	hashKeep = 10 * time.Second
	// hashRate is how many passwords a core checks a second, at least. It
	// bounds the line: whoever would wait longer than hashWait is told at once.
	hashRate = 25
)

// hasher turns passwords into what may be stored. A password is first mixed
// with a key that is not in the database, so that a stolen database alone gives
// nothing to guess against. At most one hash a core runs at a time, on memory
// that serves the next in line: cores x 19 MiB, given back when nobody signed in
// for a while.
type hasher struct {
	keys    *secret.Keyring
	slots   chan *argon2.Memory // of nil: memory is taken when it is needed
	idle    *time.Timer
	memory  uint32 // cost of a hash, KiB
	time    uint32
	waiting atomic.Int64
	done    atomic.Int64 // hashes so far
	dummy   string       // what the password of nobody is compared with
}

func newHasher(keys *secret.Keyring) *hasher { return newHasherOf(keys, hashMemory, hashTime) }

// newHasherOf returns a hasher of another cost; memory is in KiB.
func newHasherOf(keys *secret.Keyring, memory, passes uint32) *hasher {
	h := &hasher{memory: memory, time: passes, keys: keys, slots: make(chan *argon2.Memory, runtime.GOMAXPROCS(0))}
	for range cap(h.slots) {
		h.slots <- nil
	}
	h.idle = time.AfterFunc(hashKeep, h.shrink)
	// No password gives this key, and none needs to: its cost is what counts.
	h.dummy = phc{memory, passes, make([]byte, saltSize), make([]byte, hashSize)}.String()
	return h
}

// hash returns the password as it is stored: a PHC string. It returns ErrBusy.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	m, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer h.release(m)
	c := phc{memory: h.memory, time: h.time, salt: make([]byte, saltSize)}
	rand.Read(c.salt)
	c.key = m.Key(h.pepper(password), c.salt, c.time, c.memory, hashSize)
	return c.String(), nil
}

// check reports whether password is the stored one, and whether the stored hash
// has another cost than today's and should be replaced. With stored "" it takes
// the same time and reports false. It returns ErrBusy.
func (h *hasher) check(ctx context.Context, stored, password string) (right, stale bool, err error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	c, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	m, err := h.acquire(ctx)
	if err != nil {
		return false, false, err
	}
	defer h.release(m)
	stale = c.memory != h.memory || c.time != h.time
	work := m
	if c.memory != h.memory {
		work = argon2.NewMemory(c.memory) // of an older cost: once for each account
	}
	key := work.Key(h.pepper(password), c.salt, c.time, c.memory, uint32(len(c.key)))
	return subtle.ConstantTimeCompare(key, c.key) == 1 && known, stale, nil
}

// pepper normalises the password, since phones and desktops send «й» and «ё» in
// different forms, and mixes it with the key.
func (h *hasher) pepper(password string) []byte {
	return h.keys.MAC("password", []byte(norm.NFC.String(password)))
}

// acquire waits in line for memory to work on.
func (h *hasher) acquire(ctx context.Context) (*argon2.Memory, error) {
	if h.waiting.Add(1) > int64(cap(h.slots)*hashRate)*int64(hashWait/time.Second) {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer h.waiting.Add(-1)
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case m := <-h.slots:
		if m == nil {
			m = argon2.NewMemory(h.memory)
		}
		return m, nil
	case <-timer.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// release lets the next in line work.
func (h *hasher) release(m *argon2.Memory) {
	h.done.Add(1)
	h.slots <- m
	h.idle.Reset(hashKeep)
}

// shrink gives back the memory that nobody works on.
func (h *hasher) shrink() {
	for range cap(h.slots) {
		select {
		case <-h.slots:
			h.slots <- nil
		default:
			return
		}
	}
}

// phc is a stored hash with its cost. Source: the PHC string format.
type phc struct {
	memory    uint32 // KiB
	time      uint32
	salt, key []byte
}

func (c phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.memory, c.time,
		base64.RawStdEncoding.EncodeToString(c.salt), base64.RawStdEncoding.EncodeToString(c.key))
}

func parsePHC(s string) (c phc, err error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, fmt.Errorf("stored password: unknown form")
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=1", &c.memory, &c.time); err != nil {
		return c, fmt.Errorf("stored password: %w", err)
	}
	if c.salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil {
		return c, fmt.Errorf("stored password: %w", err)
	}
	if c.key, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil || len(c.key) == 0 {
		return c, fmt.Errorf("stored password: unreadable key")
	}
	return c, nil
}
