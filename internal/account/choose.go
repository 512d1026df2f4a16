package account

import (
	"context"
	"net/http"

	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// Choice is a form in which the holder of an account chooses a password on a
// page of another feature.
type Choice struct {
	Password, Repeat web.Field
	rules            Rules
	words            []string
}

// NewChoice returns an empty form with the rules of the account.
func (s *Service) NewChoice(ctx context.Context, account string) (*Choice, error) {
	rules, words, err := s.rulesFor(ctx, account)
	if err != nil {
		return nil, err
	}
	return &Choice{newPasswordField("password", "account.password_new"), passwordField("repeat", "account.password_repeat"), rules, words}, nil
}

// Read reads the posted form and reports whether the password keeps the rules.
func (f *Choice) Read(r *http.Request) bool {
	ok := web.Read(r, &f.Password, &f.Repeat)
	return judge(&f.Password, &f.Repeat, f.rules, f.words...) && ok
}

// Rules are shown beside the field.
func (f *Choice) Rules() []ui.Rule { return uiRules(f.rules.List()) }
