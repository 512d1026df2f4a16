package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"kabinet/internal/platform/id"
)

// Form is a form that somebody sent after their session had ended: it is kept
// over the sign-in, so that nothing typed is lost.
type Form struct {
	Path   string
	Values url.Values
}

// seal returns the form sealed for the account whose session ended: it opens
// for nobody else. It travels through the sign-in page and is stored only once
// the account signed in. "" when there is nothing to keep or too much of it.
func (s *Service) seal(account string, f Form) string {
	for name := range f.Values {
		if name == "csrf" || strings.Contains(name, "password") || strings.Contains(name, "code") {
			delete(f.Values, name)
		}
	}
	plain, err := json.Marshal(f)
	if err != nil || len(f.Values) == 0 || !id.Valid(account) || len(plain) > keptMax {
		return ""
	}
	return account + "." + base64.RawURLEncoding.EncodeToString(s.keys.Seal("account_kept", "form", account, plain))
}

// keep stores a sealed form of the account and returns its ID; "" when it is
// somebody else's or none.
func (s *Service) keep(ctx context.Context, account, sealed string) (string, error) {
	owner, body, _ := strings.Cut(sealed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || owner != account || len(raw) == 0 {
		return "", nil //nolint:nilerr // not a form of this account
	}
	if _, err := s.keys.Open("account_kept", "form", account, raw); err != nil {
		return "", nil //nolint:nilerr // forged, or sealed with keys that are gone: there is no form
	}
	keptID := id.New()
	if err := insertKept(ctx, s.db, account, keptID, raw, s.now().Add(keptLife)); err != nil {
		return "", fmt.Errorf("keeping a form: %w", err)
	}
	return keptID, nil
}

// Kept returns a form that was kept. It returns ErrFlow.
func (s *Service) Kept(ctx context.Context, account, keptID string) (Form, error) {
	raw, err := keptOf(ctx, s.db, account, keptID)
	if err != nil {
		return Form{}, err
	}
	plain, err := s.keys.Open("account_kept", "form", account, raw)
	if err != nil {
		return Form{}, fmt.Errorf("opening a kept form: %w", err)
	}
	var f Form
	if err := json.Unmarshal(plain, &f); err != nil {
		return Form{}, fmt.Errorf("reading a kept form: %w", err)
	}
	return f, nil
}
