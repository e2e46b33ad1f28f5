"""Strategies: how several losses become one update. Registering one is one line here."""

from __future__ import annotations

from mtrec.strategies.alignedmtl import AlignedMtl
from mtrec.strategies.base import Strategy
from mtrec.strategies.cagrad import CaGrad
from mtrec.strategies.dwa import Dwa
from mtrec.strategies.famo import Famo
from mtrec.strategies.gradnorm import GradNorm
from mtrec.strategies.imtlg import ImtlG
from mtrec.strategies.mgda import Mgda
from mtrec.strategies.nashmtl import NashMtl
from mtrec.strategies.pcgrad import PcGrad
from mtrec.strategies.stch import Stch
from mtrec.strategies.sum import Sum
from mtrec.strategies.uncertainty import Uncertainty
from mtrec.strategies.upgrad import UpGrad

STRATEGIES: dict[str, type[Strategy]] = {
    Sum.name: Sum,
    Uncertainty.name: Uncertainty,
    Dwa.name: Dwa,
    Stch.name: Stch,
    Famo.name: Famo,
    GradNorm.name: GradNorm,
    PcGrad.name: PcGrad,
    CaGrad.name: CaGrad,
    Mgda.name: Mgda,
    NashMtl.name: NashMtl,
    ImtlG.name: ImtlG,
    AlignedMtl.name: AlignedMtl,
    UpGrad.name: UpGrad,
}
