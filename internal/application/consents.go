package application

import (
	"context"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/consent"
)

// terms is the consent that a service asks for, as the form shows it and as it
// is kept when the form is sent.
func (s *Service) terms(ctx context.Context, def *catalogue.Definition) (consent.Values, error) {
	c, err := s.Catalogue.Catalogue(ctx)
	if err != nil {
		return consent.Values{}, fmt.Errorf("naming who decides %s: %w", def.Code, err)
	}
	return consent.Values{Recipient: c.Agency(decider(def)).Name.In(ctx), Service: def.Title.In(ctx)}, nil
}

// termsText is the whole text, nil for a service that asks for none.
func (s *Service) termsText(ctx context.Context, def *catalogue.Definition) (*consent.Document, error) {
	if !asksConsent(def) {
		return nil, nil
	}
	v, err := s.terms(ctx, def)
	if err != nil {
		return nil, err
	}
	doc, err := s.Consents.Text(ctx, consent.Processing, v)
	return &doc, err
}

// agreedTo makes the record of the consent to an application that is about to
// be sent, nil when the service asks for none.
func (s *Service) agreedTo(ctx context.Context, a Application, sub Submission, level string) (*consent.Single, error) {
	if !asksConsent(sub.Service) {
		return nil, nil
	}
	v, err := s.terms(ctx, sub.Service)
	if err != nil {
		return nil, err
	}
	way := consent.Tick
	if sub.Service.Signing == catalogue.SignCode {
		way = consent.Code
	}
	return s.Consents.Prepare(ctx, consent.Given{Account: a.Account, Purpose: consent.Processing, Object: object(a.ID), Values: v, Way: way, Level: level,
		By: audit.Actor{Kind: audit.Person, ID: a.Account, Session: sub.Session}})
}

// maySign returns consent.ErrNeeded for somebody who does not agree to sign by
// codes, or no longer does.
func (s *Service) maySign(ctx context.Context, account string, def *catalogue.Definition) error {
	if def.Signing != catalogue.SignCode {
		return nil
	}
	agrees, err := s.Consents.Active(ctx, nil, account, consent.Signature, "")
	if err != nil {
		return err
	}
	if !agrees {
		return consent.ErrNeeded
	}
	return nil
}
