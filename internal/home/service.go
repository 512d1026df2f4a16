package home

import (
	"context"
	"embed"
	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/person"
	"time"

	"kabinet/internal/application"
	"kabinet/internal/catalogue"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/notify"
)

//go:embed text*.json
var texts embed.FS

// Texts returns what people read of this feature.
func Texts() embed.FS { return texts }

// Options is what the page shows.
type Options struct {
	Now          func() time.Time
	Location     *time.Location // of the region
	Catalogue    *catalogue.Service
	Applications *application.Service
	Forms        *eform.Service
	Notices      *notify.Service
	Documents    *document.Service
	Accounts     *account.Service
	People       *person.Service
	Consents     *consent.Service
	Identity     string // path of the page where the identity is proved
}

// Service draws the page.
type Service struct{ Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o} }

func (s *Service) agencies(ctx context.Context) ([]catalogue.Agency, error) {
	c, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	return c.Agencies(), nil
}
