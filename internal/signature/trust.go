package signature

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/signature/pki"
)

// Terms of revocation lists.
const (
	// refetchAfter is how old a list may be before a newer one is looked for,
	// even within its term.
	refetchAfter = time.Hour
	// retryAfter is how long an address that failed is left alone.
	retryAfter = 30 * time.Second
	// refreshAfter is how often the job renews lists, sooner than a page would.
	refreshAfter = 45 * time.Minute
	// fetchWait is how long a page waits for a list, fetchJob how long the job.
	fetchWait = 5 * time.Second
	fetchJob  = time.Minute
	maxLists  = 4 // addresses asked for one certificate
)

// trusted is the trust of one version of the list, made once.
type trusted struct {
	mu      sync.Mutex
	version int64 // -1: not made yet
	trust   *pki.Trust
}

// trust returns the centres that are trusted now: those of the configuration
// and of the newest list.
func (s *Service) trust(ctx context.Context) (*pki.Trust, error) {
	newest, err := newestList(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("reading the trust list: %w", err)
	}
	s.trusted.mu.Lock()
	defer s.trusted.mu.Unlock()
	if s.trusted.trust != nil && s.trusted.version == newest.Version {
		return s.trusted.trust, nil
	}
	anchors := slices.Clone(s.roots)
	if newest.Version > 0 {
		packed, err := listData(ctx, s.db, newest.Version)
		if err != nil {
			return nil, fmt.Errorf("reading the trust list: %w", err)
		}
		plain, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, fmt.Errorf("unpacking the trust list: %w", err)
		}
		list, err := pki.ParseAccredited(plain)
		if err != nil {
			return nil, fmt.Errorf("reading the trust list: %w", err)
		}
		anchors = append(anchors, list.Anchors...)
	}
	s.trusted.version, s.trusted.trust = newest.Version, pki.NewTrust(anchors...)
	return s.trusted.trust, nil
}

// TakeList keeps a trust list that somebody brought or that was fetched from
// source, in place of an older one. It returns ErrList and ErrOlder.
func (s *Service) TakeList(ctx context.Context, by audit.Actor, source string, file []byte) (List, error) {
	parsed, err := pki.ParseAccredited(bytes.NewReader(file))
	if err != nil {
		return List{}, ErrList
	}
	digest := sha256.Sum256(file)
	l := List{Version: int64(parsed.Version), Digest: hex.EncodeToString(digest[:]), Dated: parsed.Date, Centres: parsed.Centres, Active: parsed.Active,
		Source: source, Taken: s.now()}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(file); err != nil {
		return List{}, fmt.Errorf("packing the trust list: %w", err)
	}
	if err := w.Close(); err != nil {
		return List{}, fmt.Errorf("packing the trust list: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "signature.trust"); err != nil {
			return err
		}
		newest, err := newestList(ctx, tx)
		if err != nil {
			return err
		}
		if l.Version <= newest.Version {
			return ErrOlder
		}
		if err := insertTrustList(ctx, tx, l, packed.Bytes()); err != nil {
			return err
		}
		if err := deleteOldLists(ctx, tx, l.Version); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: trustOwner, Actor: by, Act: "signature.audit_list", Object: fmt.Sprintf("trust/%d", l.Version)})
	})
	if err != nil && !errors.Is(err, ErrOlder) {
		return List{}, fmt.Errorf("taking the trust list: %w", err)
	}
	return l, err
}

// trustOwner is whose the log of the trust list is: the portal's.
const trustOwner = "portal"

// FetchList fetches the trust list from the configured address and takes it. It
// returns ErrFetch, ErrList and ErrOlder.
func (s *Service) FetchList(ctx context.Context, by audit.Actor) (List, error) {
	file, err := s.get(ctx, s.listURL, pki.MaxAccredited, fetchJob)
	if err != nil {
		return List{}, ErrFetch
	}
	return s.TakeList(ctx, by, s.listURL, file)
}

// get reads what an address answers with.
func (s *Service) get(ctx context.Context, address string, limit int64, wait time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = errors.New("the answer is too long")
	}
	return body, err
}

// conditions returns what is needed to check a certificate now.
func (s *Service) conditions(ctx context.Context) (pki.Conditions, error) {
	trust, err := s.trust(ctx)
	return pki.Conditions{At: s.now(), Trust: trust, Revoked: func(c, issuer *pki.Certificate) pki.Reason { return s.revoked(ctx, trust, c, issuer) }}, err
}

// revoked tells what the issuer's lists say of a certificate. Of several
// addresses the best answer counts, since they hold the same list.
func (s *Service) revoked(ctx context.Context, trust *pki.Trust, c, issuer *pki.Certificate) pki.Reason {
	addresses := c.ListAddresses()
	for _, a := range trust.Anchors() {
		if bytes.Equal(a.Certificate.Raw, issuer.Raw) {
			addresses = append(addresses, a.Lists...)
		}
	}
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	best := pki.NoList
	for _, address := range addresses[:min(len(addresses), maxLists)] {
		list, err := s.listOf(ctx, issuer, address)
		if err != nil || list == nil {
			continue
		}
		switch why := list.Of(c, s.now()); why {
		case pki.Revoked, "":
			return why
		default:
			best = why
		}
	}
	return best
}

// listOf returns a revocation list, fetched now when it is missing, over or old;
// nil when it cannot be had.
func (s *Service) listOf(ctx context.Context, issuer *pki.Certificate, address string) (*pki.RevocationList, error) {
	print := issuer.Print()
	known, err := cached(ctx, s.db, print, address)
	if err != nil {
		return nil, err
	}
	now := s.now()
	over := !known.next.IsZero() && now.After(known.next)
	old := known.fetched.IsZero() || over || now.Sub(known.fetched) > refetchAfter
	if tried := now.Sub(known.tried); old && (!known.failed || over || tried > retryAfter || tried < 0) {
		if err := s.fetch(ctx, issuer, address, fetchWait); err != nil {
			return nil, err
		}
		if known, err = cached(ctx, s.db, print, address); err != nil {
			return nil, err
		}
	}
	if known.fetched.IsZero() {
		return nil, nil
	}
	return s.parsed.of(known.fetched, issuer, address, func() ([]byte, error) { return cachedData(ctx, s.db, print, address) })
}

// fetch gets a revocation list and keeps it when it is the issuer's. That it
// cannot be had is noted, not returned.
func (s *Service) fetch(ctx context.Context, issuer *pki.Certificate, address string, wait time.Duration) error {
	raw, err := s.get(ctx, address, pki.MaxList, wait)
	var list *pki.RevocationList
	if err == nil {
		list, err = pki.ParseList(raw, issuer)
	}
	kept := false
	if err == nil {
		if kept, err = keepList(ctx, s.db, issuer.Print(), address, raw, list.This, list.Next, s.now()); err != nil {
			return fmt.Errorf("keeping a revocation list: %w", err)
		}
	}
	if kept {
		return nil
	}
	if err := failList(ctx, s.db, issuer.Print(), address, s.now()); err != nil {
		return fmt.Errorf("noting a failed revocation list: %w", err)
	}
	return nil
}

// parsedLists keeps revocation lists read, the few that are asked for most.
type parsedLists struct {
	mu   sync.Mutex
	list map[string]parsedList // issuer and address →
}

type parsedList struct {
	fetched time.Time
	list    *pki.RevocationList
}

// maxParsed is how many lists are kept in memory.
const maxParsed = 32

func (p *parsedLists) of(fetched time.Time, issuer *pki.Certificate, address string, read func() ([]byte, error)) (*pki.RevocationList, error) {
	key := issuer.Print() + " " + address
	p.mu.Lock()
	known, ok := p.list[key]
	p.mu.Unlock()
	if ok && known.fetched.Equal(fetched) {
		return known.list, nil
	}
	raw, err := read()
	if err != nil {
		return nil, fmt.Errorf("reading a revocation list: %w", err)
	}
	list, err := pki.ParseList(raw, issuer)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) >= maxParsed {
		clear(p.list)
	}
	p.list[key] = parsedList{fetched, list}
	return list, nil
}

// refresh renews the revocation lists of the trusted centres that were ever
// asked for, for jobs.
func (s *Service) refresh(ctx context.Context) error {
	trust, err := s.trust(ctx)
	if err != nil {
		return err
	}
	issuers := map[string]*pki.Certificate{}
	for _, a := range trust.Anchors() {
		issuers[a.Certificate.Print()] = a.Certificate
	}
	all, err := allCached(ctx, s.db, s.now().Add(-refreshAfter), 1000)
	if err != nil {
		return fmt.Errorf("listing revocation lists: %w", err)
	}
	for _, l := range all {
		issuer := issuers[l.issuer]
		if issuer == nil {
			continue
		}
		if err := s.fetch(ctx, issuer, l.address, fetchJob); err != nil {
			return err
		}
	}
	return nil
}
