package esia

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"

	"kabinet/internal/platform/gost"
)

// maxSignature is the longest signature that a tool may give, in bytes.
const maxSignature = 64 << 10

// Command signs by a program: the data to its standard input, the signature from
// its standard output. It is how a certified tool is used. reversed turns the
// bytes round, as clients of some tools must.
func Command(argv []string, timeout time.Duration, reversed bool) Signer {
	return func(ctx context.Context, data []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the operator's own configuration
		cmd.Stdin, cmd.WaitDelay = bytes.NewReader(data), time.Second
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, fmt.Errorf("running the signing tool: %w", err)
		}
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("running the signing tool: %w", err)
		}
		signature, readErr := io.ReadAll(io.LimitReader(out, maxSignature+1))
		if err := cmd.Wait(); err != nil {
			return nil, fmt.Errorf("running the signing tool: %w", errors.Join(ctx.Err(), err))
		}
		if readErr != nil || len(signature) == 0 || len(signature) > maxSignature {
			return nil, errors.New("the signing tool gave no signature")
		}
		if reversed {
			slices.Reverse(signature)
		}
		return signature, nil
	}
}

// Demo signs raw by a key in memory, for demonstrations and tests alone: see
// package gost.
func Demo(key *gost.PrivateKey) Signer {
	return func(_ context.Context, data []byte) ([]byte, error) {
		return gost.Sign(key, key.Digest(data))
	}
}
