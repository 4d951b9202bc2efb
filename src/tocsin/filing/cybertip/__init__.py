"""NCMEC's CyberTipline: its report as typed values, as XML, and the rules that it documents."""
