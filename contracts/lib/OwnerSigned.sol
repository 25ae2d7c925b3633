// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IOwnerSigned} from "../interfaces/IOwnerSigned.sol";

/// @title Signatures that are used once
abstract contract OwnerSigned is IOwnerSigned {
    /// @inheritdoc IOwnerSigned
    mapping(address signer => uint256) public nonces;

    /// @inheritdoc IOwnerSigned
    function cancelNonce() external {
        _useNonce(msg.sender);
    }

    /// @dev Reverts unless `signer` signed. `structHash` holds a nonce that the caller took by `_useNonce`, so that no
    ///      signature serves twice.
    function _requireSigned(address signer, bytes32 structHash, uint256 deadline, bytes calldata signature)
        internal
        view
    {
        // The deadlines are of minutes to days: what a validator can shift does not matter.
        // slither-disable-next-line timestamp
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        bytes32 digest = MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
        if (!_signed(signer, digest, signature)) revert InvalidSignature(signer, digest);
    }

    /// @dev First by the account's own key, then by its code (ERC-1271). So an account that has given itself code
    ///      (EIP-7702) signs as before, whether that code knows ERC-1271 or not. Nobody has the key of a contract's
    ///      address, and whoever has a key may replace such code anyhow. A signature may be empty, as of a wallet that
    ///      approved the digest in a transaction, and of any length: who brings it pays for it.
    function _signed(address signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        // What else is told of an error helps nobody here.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (err == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }

    /// @dev Takes the signer's nonce, which no other signature can carry from now on.
    function _useNonce(address signer) internal returns (uint256 nonce) {
        nonce = nonces[signer]++;
        emit NonceUsed(signer, nonce);
    }

    /// @dev The separator of the registry's EIP-712 domain.
    function _domainSeparator() internal view virtual returns (bytes32);
}
