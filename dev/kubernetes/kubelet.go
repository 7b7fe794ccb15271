package main

import (
	"context"

	"github.com/spf13/cobra"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// kubeletCommand returns the kubelet's command, whose constructor alone asks for a context.
func kubeletCommand() *cobra.Command {
	return kubelet.NewKubeletCommand(context.Background())
}
